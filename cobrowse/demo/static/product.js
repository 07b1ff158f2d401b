// The product page: choosing a variant, and the fit checker.

const money = new Intl.NumberFormat('en-GB', {
  style: 'currency',
  currency: 'GBP',
  trailingZeroDisplay: 'stripIfInteger',
});

function stockWords(left) {
  if (left === 0) return ['none', 'Sold out in this finish'];
  return left < 4 ? ['few', `Only ${left} left`] : ['', 'In stock'];
}

function choose(product, variant) {
  const picture = product.querySelector('[data-picture]');
  picture.src = variant.item_image;
  picture.alt = `${variant.item_name}, ${variant.item_variant}`;
  product.querySelector('[data-price]').textContent = money.format(variant.price);
  const [kind, words] = stockWords(variant.left);
  const stock = document.createElement('span');
  stock.className = `stock ${kind}`;
  stock.textContent = words;
  product.querySelector('[data-left]').replaceChildren(stock);
  const buy = product.querySelector('[data-buy]');
  buy.disabled = variant.left === 0;
  buy.dataset.cobrowseVariant = variant.item_variant;
  buy.textContent = variant.left ? 'Add to basket' : 'Sold out';
  for (const cell of document.querySelectorAll('[data-size]')) {
    cell.textContent = `${variant[cell.dataset.size]} mm`;
  }
  const fitVariant = document.querySelector('[data-fit-variant]');
  if (fitVariant) fitVariant.value = variant.item_variant;
  history.replaceState(null, '', variant.item_url);
  document.title = `${variant.item_name} in ${variant.item_variant} · Alcove & Oak`;
}

/** Wires the variant choice and the fit checker, if this is a product's page. */
export function watchProduct() {
  const product = document.querySelector('[data-product]');
  if (!product) return;
  const variants = JSON.parse(document.querySelector('[data-variants]').textContent);
  product.addEventListener('change', (event) => {
    if (!event.target.matches('[data-option]')) return;
    const chosen = [...product.querySelectorAll('[data-option]:checked')].map(
      (input) => input.value,
    );
    const variant = variants.find((each) =>
      each.options.every((option, i) => option === chosen[i]),
    );
    if (!variant) return;
    choose(product, variant);
    const { options, left, width_mm, height_mm, depth_mm, fits_alcove_from_mm, ...item } = variant;
    const ecommerce = { currency: 'GBP', value: item.price, items: [item] };
    window.dataLayer.push({ event: 'view_item', ecommerce });
    if (left === 0) window.dataLayer.push({ event: 'out_of_stock', ecommerce });
  });
  const form = document.querySelector('[data-fit]');
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const place = document.querySelector('[data-fit-answer]');
    try {
      const response = await fetch(
        `${form.dataset.fit}?${new URLSearchParams(new FormData(form))}`,
      );
      if (!response.ok) throw new Error(`The shop answered ${response.status}.`);
      place.innerHTML = await response.text();
      const fits = place.querySelector('[data-fits]')?.dataset.fits;
      if (fits) window.Cobrowse('event', 'fit_check', { fits });
    } catch {
      place.textContent = 'We cannot reach the shop just now. Please try again.';
    }
  });
}
