// A CSA's suggestion as a card: what it is, what it costs, and the shopper's word on it.

import type { Proposal } from '../core/cart';
import { type Context, itemOf, priceOf } from './context';
import { Picture } from './picture';

export function ProposalCard({ proposal, ...context }: { proposal: Proposal } & Context) {
  const { shell, words, view } = context;
  const item = itemOf(view, proposal.line);
  const price = priceOf(context, item);
  const answer = (accept: boolean) => () =>
    shell.room.do({ k: 'answer', proposal: proposal.id, accept });
  return (
    <section class={`proposal ${proposal.status}`} aria-label={item.name}>
      <p class="name">{words.suggests(proposal.by || words.someone)}</p>
      <div class="thing">
        <Picture item={item} />
        <div class="about">
          {item.url ? (
            <a href={item.url} class="title" dir="auto">
              {item.name}
            </a>
          ) : (
            <span class="title" dir="auto">
              {item.name}
            </span>
          )}
          {item.variant && (
            <span class="variant" dir="auto">
              {item.variant}
            </span>
          )}
          <span class="price">
            {proposal.n > 1 && `${proposal.n} × `}
            {price}
          </span>
        </div>
      </div>
      {proposal.note && (
        <p class="note" dir="auto">
          {proposal.note}
        </p>
      )}
      {proposal.status === 'open' ? (
        <div class="row">
          <button type="button" class="main" onClick={answer(true)}>
            {words.addToCart}
          </button>
          <button type="button" onClick={answer(false)}>
            {words.noThanks}
          </button>
        </div>
      ) : (
        <p class="outcome">
          {
            { accepted: words.added, declined: words.declined, withdrawn: words.withdrawn }[
              proposal.status
            ]
          }
        </p>
      )}
    </section>
  );
}
