import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { findPeak, sumItems } from '../compute/memory.ts';
import { parseConfig } from '../lm/architectures/architectures.ts';
import { loadConfig } from '../lm/model.ts';
import { demoConfig } from './demo.ts';
import {
  checkDisk,
  checkMemory,
  findReasons,
  MemoryError,
  readMemoryRoom,
  type MemoryRoom,
} from './memory-plan.ts';
import { checkout } from './settings.ts';
import { planTrainSae } from './train-sae/memory.ts';
import { planTrainLm } from './train-lm/memory.ts';

const GIB = 2 ** 30;
const NATIVE = { isReference: false, blockValues: 2 ** 22, isFused: true };
const ROOMY: MemoryRoom = {
  ramBytes: 1000 * GIB,
  ramSource: 'available on this machine',
  usedBytes: 0,
  heapBytes: 1000 * GIB,
  arrayBytes: 1000 * GIB,
  isOnCard: false,
  tensorBytes: undefined,
};
const model = await loadConfig(path.join(checkout, demoConfig.modelFolder));

function refusal(request: ReturnType<typeof planTrainSae>, room: MemoryRoom): string {
  try {
    checkMemory(request, room, () => {});
  } catch (error) {
    expect(error).toBeInstanceOf(MemoryError);
    return (error as Error).message;
  }
  return '';
}

describe('a plan that fits', () => {
  it('is printed: what is needed, what there is, and the sizes behind the worst phase', () => {
    const lines: string[] = [];
    checkMemory(planTrainSae(demoConfig, model, NATIVE), ROOMY, (line) => lines.push(line));
    expect(lines[0]).toMatch(
      /^memory: \d+ MiB at most \(.+\), 0 B of it in use already, 1000 GiB available on this machine$/,
    );
    expect(lines.join('\n')).toMatch(/model weights +14\.5 MiB {2}weights 3,803,392 x 4 B/);
    expect(lines.at(-1)).toMatch(/fit \d+ MiB/);
  });
});

describe('a plan that does not fit', () => {
  const wide = { ...demoConfig, features: 131_072 };

  it('is refused with values that do fit', () => {
    const room = { ...ROOMY, ramBytes: 2 * GIB };
    const words = refusal(planTrainSae(wide, model, NATIVE), room);
    expect(words).toMatch(/^memory: expected to need at most the 2\.0 GiB available on this machine, got \d/);
    const features = Number(/--features (\d+)/.exec(words)?.[1]);
    expect(features).toBeGreaterThan(4096);
    expect(features).toBeLessThan(wide.features);
    expect(findReasons(planTrainSae({ ...wide, features }, model, NATIVE).plan, room)).toEqual([]);
    // A quarter more would not: the advice is no guess.
    const more = planTrainSae({ ...wide, features: Math.ceil(features * 1.25) }, model, NATIVE);
    expect(findReasons(more.plan, room)).not.toEqual([]);
  });

  it('offers every option that is enough by itself', () => {
    const large = { ...demoConfig, bufferTokens: 4_000_000 };
    const words = refusal(planTrainSae(large, model, NATIVE), { ...ROOMY, ramBytes: 2 * GIB });
    expect(words).toMatch(/--buffer-tokens \d+/);
    expect(words).not.toContain('--features');
  });

  it('says so when no single option is enough', () => {
    const words = refusal(planTrainSae(wide, model, NATIVE), { ...ROOMY, ramBytes: 2 ** 20 });
    expect(words).toContain('No single one of --features, --batch-tokens');
  });

  it('names the limit: heap, WebAssembly, longest array, card', () => {
    const request = planTrainSae(wide, model, NATIVE);
    const of = (room: Partial<MemoryRoom>) => refusal(request, { ...ROOMY, ...room });
    expect(of({ heapBytes: GIB })).toContain('--max-old-space-size');
    expect(of({ tensorBytes: GIB / 2 })).toContain('WebAssembly can address');
    expect(of({ arrayBytes: GIB / 16 })).toContain('longest array');
    expect(of({ isOnCard: true, tensorBytes: GIB / 2 })).toContain('free on the card');
  });

  it('does not ask the machine for what lies on a card', () => {
    const request = planTrainSae({ ...wide, features: 65_536 }, model, NATIVE);
    const most = findPeak(request.plan).need.totalBytes;
    const room = { ...ROOMY, ramBytes: most - 1 };
    expect(findReasons(request.plan, room)).toHaveLength(1);
    expect(findReasons(request.plan, { ...room, isOnCard: true })).toEqual([]);
  });
});

describe('the plan of train-sae', () => {
  it('holds no B x F on fast kernels: twice the batch costs the same at any width', () => {
    const peakOf = (features: number, batchTokens: number) => {
      const { phases } = planTrainSae({ ...demoConfig, features, batchTokens }, model, NATIVE).plan;
      const fit = phases.find(({ name }) => name === 'fit')!;
      return fit.items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    };
    const growth = (features: number) => peakOf(features, 8192) - peakOf(features, 4096);
    expect(growth(1 << 18)).toBe(growth(1 << 10));
    const items = planTrainSae(demoConfig, model, NATIVE).plan.phases.flatMap(({ items }) => items);
    expect(items.filter(({ sizes }) => /\bB \d.*\bF \d/.test(sizes))).toEqual([]);
  });

  it('holds it on reference kernels, which store it', () => {
    const { plan } = planTrainSae(demoConfig, model, { ...NATIVE, isReference: true, isFused: false });
    const sizes = plan.phases.flatMap(({ items }) => items).map((item) => item.sizes);
    expect(sizes).toContain('4 x B 2,048 x F 4,096 x 4 B');
  });

  it('never advises a buffer that the harvest would refuse', () => {
    const { dials } = planTrainSae({ ...demoConfig, batchTokens: 4096 }, model, NATIVE);
    expect(dials.find(({ flag }) => flag === '--buffer-tokens')?.least).toBe(4096 + 16 * 127 - 1);
  });
});

describe('the plan of train-sae on a model of 0.5 B parameters with a vocabulary of 152,000', () => {
  // The shape of Qwen 2.5 0.5B.
  const qwen = parseConfig(
    {
      model_type: 'qwen2',
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
      vocab_size: 151_936,
      max_position_embeddings: 32_768,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      tie_word_embeddings: true,
    },
    'config.json',
  );
  const config = {
    ...demoConfig,
    hookpoint: 'layers.6.residual.post',
    features: 1024,
    k: 16,
    budgets: [4, 16],
  };
  const { plan } = planTrainSae(config, qwen, NATIVE);
  const bytesOf = (phase: string, item: RegExp) =>
    sumItems(plan.phases.find(({ name }) => name === phase)!.items.filter(({ name }) => item.test(name)))
      .totalBytes;

  it('counts every weight once, the tied embedding too', () => {
    expect(plan.resident[0]).toMatchObject({ name: 'model weights', sizeBytes: 4 * 494_032_768 });
  });

  it('needs less for all phases together than the weights need', () => {
    const weights = 4 * 494_032_768;
    expect(findPeak(plan).need.totalBytes).toBeGreaterThan(weights);
    expect(findPeak(plan).need.totalBytes).toBeLessThan(1.5 * weights);
  });

  it('makes logits of a few rows: a longer context costs the states of its passes, not a vocabulary of logits', () => {
    const cross = 'read-out: cross-entropy';
    expect(bytesOf(cross, /logits of rows/)).toBe(2 * 55 * 151_936 * 4);
    expect(bytesOf(cross, /probabilities/)).toBe(3 * 55 * 151_936 * 4);
    // Untouched, zeroed and two budgets.
    expect(bytesOf(cross, /last hidden/)).toBe(4 * 16 * 128 * 896 * 4);
  });

  it('is refused where the weights do not fit, before anything is read', () => {
    const words = refusal(planTrainSae(config, qwen, NATIVE), { ...ROOMY, ramBytes: GIB });
    expect(words).toMatch(/^memory: expected to need at most the 1\.0 GiB available .*, got 2\.\d GiB\. /);
    expect(words).toContain('use a machine with more memory');
  });
});

describe('the plan of text of the user’s own', () => {
  it('counts a file by its size, and what packs or streams by what may be read', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-plan-'));
    try {
      writeFileSync(path.join(folder, 'a.txt'), 'x'.repeat(5000));
      const keptBytes = (corpus: string) =>
        planTrainSae({ ...demoConfig, corpora: { [corpus]: 1 } }, model, NATIVE).plan.resident.find(
          ({ name }) => name === 'own text and its tokens',
        )?.sizeBytes;
      expect(keptBytes(`file:${folder}`)).toBe(3 * 5000);
      expect(keptBytes('hf:org/name')).toBe(3 * 256 * 2 ** 20);
      writeFileSync(path.join(folder, 'b.jsonl.gz'), '');
      expect(keptBytes(`file:${folder}`)).toBe(3 * 256 * 2 ** 20);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the plan of train-lm', () => {
  it('grows with the sequences of a step, and says how many would fit', () => {
    const room = { ...ROOMY, ramBytes: 3 * GIB };
    const words = refusal(planTrainLm(model, { rows: 4096, contextLength: 256 }, 4, NATIVE), room);
    const rows = Number(/--rows (\d+)/.exec(words)?.[1]);
    expect(findReasons(planTrainLm(model, { rows, contextLength: 256 }, 4, NATIVE).plan, room)).toEqual([]);
  });
});

describe('the room there is', () => {
  it('ends at 32 bits on WebAssembly, and is the machine when software plays the card', () => {
    expect(readMemoryRoom({ name: 'wasm', device: 'WebAssembly' }).tensorBytes).toBe(4_294_901_760);
    expect(readMemoryRoom({ name: 'native', device: 'avx2' }).isOnCard).toBe(false);
  });
});

describe('the disk', () => {
  it('is asked about before the first checkpoint, also for a folder that is not there yet', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-disk-'));
    const said: string[] = [];
    checkDisk(path.join(folder, 'runs/new'), 1, (line) => said.push(line));
    expect(said[0]).toMatch(/^disk: 1 B in .*new, .* free$/);
    expect(() => checkDisk(folder, 2 ** 60, () => {})).toThrow(/RESIDUA_HOME/);
    rmSync(folder, { recursive: true });
  });
});
