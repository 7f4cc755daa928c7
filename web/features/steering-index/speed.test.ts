// @vitest-environment node
import { expect, it } from 'vitest';
import { speedOf } from './speed.ts';

const step = { generateMs: 500, learnMs: 300, otherMs: 200 };
const curve = (...tokens: number[]) => ({
  curve: tokens.map((count, at) => ({ step: at + 1, tokens: count })),
});

it('counts tokens between the first and the last step of each seed, and seconds of generating alone', () => {
  const speed = speedOf({ runs: [curve(1000, 2000, 3000), curve(1000, 4000)], step })!;
  expect(speed.tokensPerStep).toBe(2000);
  expect(speed.tokensPerSecond).toBe(4000);
  expect([speed.stepMs, speed.generating, speed.learning, speed.other]).toEqual([1000, 0.5, 0.3, 0.2]);
});

it('knows nothing of what was not trained', () => {
  expect(speedOf({ runs: [curve()], step })).toBeNull();
  expect(speedOf({ runs: [curve(1000)], step })).toBeNull();
  expect(speedOf({ runs: [curve(1000, 2000)], step: { generateMs: 0, learnMs: 0, otherMs: 0 } })).toBeNull();
});
