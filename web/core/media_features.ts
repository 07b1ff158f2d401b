// What style sheets may ask about a reader and their device. The recorder tells which of it holds for the shopper, and the
// mirror is drawn by that, not by what holds for the CSA. SPEC mirror.12.

export const MEDIA_FEATURES = [
  'prefers-color-scheme: dark',
  'prefers-reduced-motion: reduce',
  'hover: hover',
  'any-hover: hover',
  'pointer: fine',
  'pointer: coarse',
  'any-pointer: fine',
  'any-pointer: coarse',
];

export const mediaQueries = () => MEDIA_FEATURES.map((each) => matchMedia(`(${each})`));

/** A digit for each of the features, 1 where it holds. */
export const mediaNow = () =>
  mediaQueries()
    .map(({ matches }) => +matches)
    .join('');
