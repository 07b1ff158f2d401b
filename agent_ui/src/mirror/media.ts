// Style sheets as they are for the shopper: what they ask about the reader's device is answered by the shopper's, not by the
// CSA's, whose browser has no way of being told so. SPEC mirror.12.

import { MEDIA_FEATURES } from '../../../web/core/media_features';

const ASKED =
  /\(\s*(prefers-color-scheme|prefers-reduced-motion|(?:any-)?(?:hover|pointer))\s*(?::\s*([a-z-]+)\s*)?\)/gi;
const EITHER_SCHEME =
  /(?<![\w-])(color-scheme\s*:\s*)(?:only\s+)?(?:light\s+dark|dark\s+light)(?![\w-])/gi;
const [YES, NO] = ['(min-width:0)', '(max-width:-1px)'];

/** `holding`: a digit for each of `MEDIA_FEATURES`, 1 where it holds for the shopper; empty where that is not known. */
export function forShopper(css: string, holding: string): string {
  if (!holding) return css;
  const holds = (feature: string, value?: string) =>
    MEDIA_FEATURES.some(
      (each, at) =>
        holding[at] === '1' &&
        each.startsWith(`${feature}: `) &&
        (!value || each.endsWith(` ${value}`)),
    );
  const answer = (feature: string, value?: string) => {
    if (!value) return feature === 'prefers-color-scheme' || holds(feature);
    // Of light, none and no-preference nothing is told: they hold where nothing else does.
    return MEDIA_FEATURES.includes(`${feature}: ${value}`)
      ? holds(feature, value)
      : !holds(feature);
  };
  return css
    .replace(ASKED, (_, feature: string, value?: string) =>
      answer(feature.toLowerCase(), value?.toLowerCase()) ? YES : NO,
    )
    .replace(EITHER_SCHEME, `$1${holds('prefers-color-scheme') ? 'dark' : 'light'}`);
}
