// A product's picture, or a quiet basket where there is none or it does not load.

import { useState } from 'preact/hooks';
import type { Item } from '../core/messages';
import { BasketIcon } from './icons';

export function Picture({ item }: { item: Item }) {
  const [broken, setBroken] = useState('');
  const { image } = item;
  return (
    <span class="picture">
      {image && image !== broken ? (
        <img
          src={image}
          alt=""
          width="56"
          height="56"
          loading="lazy"
          onError={() => setBroken(image)}
        />
      ) : (
        <BasketIcon />
      )}
    </span>
  );
}
