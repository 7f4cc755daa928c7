// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** WCAG 2.2, 1.4.3: text of ordinary size. */
const MIN_CONTRAST = 4.5;

type Oklch = readonly [lightness: number, chroma: number, hue: number];
type Scheme = 'light' | 'dark';

function parsePalette(css: string): Record<Scheme, Record<string, Oklch>> {
  const palette = { light: {} as Record<string, Oklch>, dark: {} as Record<string, Oklch> };
  const colours = css.matchAll(/--([\w-]+): light-dark\(oklch\(([\d. ]+)\), oklch\(([\d. ]+)\)\);/g);
  for (const [, name, light, dark] of colours) {
    palette.light[name] = light.split(' ').map(Number) as unknown as Oklch;
    palette.dark[name] = dark.split(' ').map(Number) as unknown as Oklch;
  }
  return palette;
}

/** OKLCH to linear sRGB, clipped to the gamut as a browser of sRGB does: bottosson.github.io/posts/oklab */
function luminance([lightness, chroma, hue]: Oklch): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Oklch, other: Oklch): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const palette = parsePalette(readFileSync(new URL('./palette.css', import.meta.url), 'utf8'));
const inkOf = (step: number) => (step <= 6 ? 'act-ink-low' : step <= 8 ? 'act-ink-mid' : 'act-ink-high');

describe.each(['light', 'dark'] as const)('the palette in %s', (scheme) => {
  const colours = palette[scheme];

  it.each(['ink', 'muted', 'alarm', 'base', 'boosted', 'steering', 'lime', 'negative', 'positive'])(
    'makes %s readable on paper',
    (name) => {
      expect(contrast(colours[name], colours.paper)).toBeGreaterThanOrEqual(MIN_CONTRAST);
    },
  );

  it.each(['system', 'role', 'question', 'assistant'])('makes the %s part of a prompt readable', (part) => {
    expect(contrast(colours[`segment-${part}`], colours.paper)).toBeGreaterThanOrEqual(MIN_CONTRAST);
  });

  it('makes muted words readable on a raised row', () => {
    expect(contrast(colours.muted, colours.raised)).toBeGreaterThanOrEqual(MIN_CONTRAST);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('makes the ink on act step %i readable', (step) => {
    expect(contrast(colours[`act-${step}`], colours[inkOf(step)])).toBeGreaterThanOrEqual(MIN_CONTRAST);
  });

  it('gets steadily further from paper with every act step', () => {
    const away = Array.from({ length: 9 }, (_, step) =>
      Math.abs(colours[`act-${step + 1}`][0] - colours.paper[0]),
    );
    expect(away).toEqual([...away].sort((a, b) => a - b));
  });
});

it('measures black on white as 21', () => {
  expect(contrast([0, 0, 0], [1, 0, 0])).toBeCloseTo(21, 1);
});
