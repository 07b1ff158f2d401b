import { expect, test } from 'vitest';
import { type PlaceholderWords, placeholderStyles, widthsOf } from './placeholders';

const measure = (text: string) => text.length * 10;

test('mirror.11 words take the narrowest room for one line, for two and for three', () => {
  expect(widthsOf('Picture: not shown', measure)).toEqual([180, 90, 80]);
  expect(widthsOf('A page of another site', measure)).toEqual([220, 120, 90]);
  expect(widthsOf('Formula', measure)).toEqual([70, 70, 70]);
});

test('mirror.11 words are seen only in a box that holds them whole, and are there in every box', () => {
  const words = { field: 'Never shown', img: 'Picture: not shown' } as PlaceholderWords;
  const rules = placeholderStyles(words, measure).join('\n');
  expect(rules).toContain('content: "Picture: not shown" !important');
  expect(rules).toContain(
    '@container ((width >= 196px) and (height >= 22px)) or ((width >= 106px) and (height >= 40px))' +
      ' or ((width >= 96px) and (height >= 58px)) {',
  );
  expect(rules).not.toContain('display: none');
});
