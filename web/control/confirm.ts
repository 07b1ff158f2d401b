// What only the shopper may press: whatever places an order. Told by the page's own mark, by the site's rules, by the step
// where one pays, and by what a button says. SPEC mirror.9.

import type { MaskRule } from '../core/mirror';
import { onPage } from '../mirror/paths';
import { isPayment } from '../mirror/verdict';

const MARK = '[data-cobrowse-confirm]';
const PRESSED = 'button, input, a, summary, label, [role=button], [role=link], [onclick]';
const SUBMITS =
  'button:not([type]), button[type=submit], input:is([type=submit], [type=image]), button[type=""]';

/** Frames of those who take payments: their fields cannot be seen from here, the step is one where one pays. */
const PAYMENT_FRAME = /stripe|adyen|braintree|paypal|klarna|checkout\.com|worldpay|mollie|payment/i;

/** What buttons say that buy, in the languages that shops speak most. */
const BUYS = new RegExp(
  [
    'place (?:your |my |the )?order',
    'complete (?:your |my |the )?(?:order|purchase)',
    'confirm (?:your |my |the |and )?(?:order|purchase|pay)',
    'submit (?:your |my |the )?order',
    'order now',
    'order and pay',
    'buy (?:it )?now',
    '^pay\\b',
    '\\bpay (?:now|with)\\b',
    'book and pay',
    'jetzt (?:kaufen|bestellen|bezahlen)',
    '(?:zahlungspflichtig|kostenpflichtig|verbindlich)\\b.*(?:bestellen|kaufen)',
    'bestellung (?:abschlie|abschick|aufgeben|absenden)',
    'kauf abschlie',
    'commander et payer',
    'passer (?:la |ma )?commande',
    'valider (?:la |ma )?commande',
    '^payer\\b',
    'acheter maintenant',
    'realizar (?:el )?pedido',
    'comprar ahora',
    '^pagar\\b',
    'acquista ora',
    'effettua (?:l.)?ordine',
    'bestelling plaatsen',
    'afrekenen en betalen',
    'złóż zamówienie',
    'zamawiam i płacę',
    'kupuję i płacę',
  ].join('|'),
  'i',
);

/** Whether a press here is one that the shopper makes by themselves. A rule of the site in error asks for every button. */
export function asks(target: Element, rules: readonly MaskRule[], path: string): boolean {
  if (target.closest(MARK)) return true;
  const pressed = target.closest(PRESSED);
  for (const rule of rules) {
    if (rule.do !== 'confirm' || !onPage(rule.pages, path)) continue;
    try {
      if (target.closest(rule.select)) return true;
    } catch {
      if (pressed) return true;
    }
  }
  const named = pressed?.localName === 'label' && (pressed as HTMLLabelElement).control;
  if (named && named !== target && asks(named, rules, path)) return true;
  if (pressed && BUYS.test(wordsOn(pressed)))
    return !pressed.matches('input:not([type=submit], [type=button], [type=image])');
  const form = formOf(target, pressed);
  return form !== undefined && isPaymentStep(form);
}

/** The form that a press here would send. */
function formOf(target: Element, pressed: Element | null): HTMLFormElement | undefined {
  if (target.localName === 'form') return target as HTMLFormElement;
  if (!pressed?.matches(SUBMITS)) return undefined;
  return (pressed as HTMLButtonElement | HTMLInputElement).form ?? undefined;
}

function isPaymentStep(form: HTMLFormElement): boolean {
  for (const field of form.elements) {
    if (isPayment(field) || /payment/i.test(field.getAttribute('name') ?? '')) return true;
  }
  for (const frame of form.ownerDocument.querySelectorAll('iframe')) {
    if (PAYMENT_FRAME.test(`${frame.src} ${frame.name} ${frame.title} ${frame.id}`)) return true;
  }
  return false;
}

function wordsOn(pressed: Element): string {
  const value = pressed.localName === 'input' ? (pressed as HTMLInputElement).value : '';
  const words = `${pressed.getAttribute('aria-label') ?? ''} ${pressed.getAttribute('title') ?? ''} ${value} ${pressed.textContent}`;
  return words.replace(/\s+/g, ' ').trim().slice(0, 300);
}
