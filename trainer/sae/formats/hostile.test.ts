/** Files made to do harm: each is refused in words, and no memory is taken for what they only claim. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  buildNpy,
  buildSafetensors,
  buildZip,
  layOut,
  pickledText,
  pickleOf,
  refusalOf,
} from './hostile.fixture.ts';
import { importDictionary } from './import-dictionary.ts';

const PROTO = pickleOf(0x80, 2);
let made: string[] = [];
let before = 0;

beforeEach(() => {
  made = [];
  before = process.memoryUsage().arrayBuffers;
});
afterEach(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
  // 64 MB: nothing here has a megabyte of weights.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
});

/** A state dict whose encoder.weight has these sizes, strides and offset, on a storage of so many stored floats. */
function torchTensor(
  shape: number[],
  strides: number[],
  offset: number,
  elements: number,
  stored: number,
): Buffer {
  const whole = (value: number) => {
    const bytes = Buffer.alloc(5, 0x4a);
    bytes.writeInt32LE(value, 1);
    return bytes;
  };
  const tuple = (values: number[]) => pickleOf('(', ...values.map(whole), 't');
  const storage = pickleOf(
    '(',
    pickledText('storage'),
    'ctorch\nFloatStorage\n',
    pickledText('0'),
    pickledText('cpu'),
    whole(elements),
    'tQ',
  );
  const tensor = pickleOf(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    storage,
    whole(offset),
    tuple(shape),
    tuple(strides),
    0x89,
    '}tR',
  );
  const names = ['encoder.weight', 'decoder.weight', 'encoder.bias', 'bias'];
  const pickle = pickleOf(PROTO, '}(', ...names.flatMap((name) => [pickledText(name), tensor]), 'u.');
  return buildZip([
    { name: 'archive/data.pkl', bytes: pickle },
    { name: 'archive/data/0', bytes: Buffer.alloc(4 * stored) },
  ]);
}

describe('a tensor that lies about itself', () => {
  it.each([
    ['beyond its storage', torchTensor([4, 4], [4, 1], 8, 16, 16), /within 16 stored numbers, got 8\.\.24/],
    [
      'more storage than there is',
      torchTensor([4, 4], [4, 1], 0, 1 << 30, 16),
      /4294967296 stored bytes.*got 64/s,
    ],
    [
      'one number repeated into gigabytes',
      torchTensor([1 << 15, 1 << 15], [0, 0], 0, 16, 16),
      /1073741824 numbers|\[32768\]/,
    ],
    ['strides that jump out', torchTensor([2, 2], [1 << 30, 1], 0, 16, 16), /within 16/],
  ])('in a .pt: %s', async (_, file, expected) => {
    expect(
      await refusalOf({ 'ae.pt': file, 'config.json': '{"trainer":{"dict_class":"AutoEncoder"}}' }),
    ).toMatch(expected);
  });

  const cfg = { 'cfg.json': '{"architecture":"standard","metadata":{"sae_lens_version":"6.0.0"}}' };
  const tensor = (from: number, to: number, shape = [2], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });
  it.each([
    ['overlapping offsets', { a: tensor(0, 8), b: tensor(4, 12) }, 12, /an overlap at 4/],
    ['a gap', { a: tensor(0, 8), b: tensor(12, 20) }, 20, /a gap at 12/],
    ['offsets beyond the file', { a: tensor(0, 8), b: tensor(8, 16) }, 8, /16 bytes of data, got 8/],
    ['bytes nobody owns', { a: tensor(0, 8) }, 64, /8 bytes of data, got 64/],
    ['another size than its shape', { a: tensor(0, 8, [3]) }, 8, /12 bytes of F32/],
    [
      'a shape whose size overflows',
      { a: tensor(0, 8, [2 ** 53 - 1, 2 ** 53 - 1]) },
      8,
      /bytes of F32 for a, got 0\.\.8/,
    ],
    ['negative sizes', { a: tensor(0, 8, [-1, -2]) }, 8, /shape and data_offsets/],
    ['a number format unknown', { a: tensor(0, 8, [2], 'F8_E4M3') }, 8, /dtype of a/],
    ['no entry', { a: null }, 0, /dtype of a/],
    [
      'names of the prototype',
      '{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      8,
      /a tensor W_enc, got __proto__/,
    ],
    ['a list', [], 0, /a JSON object/],
    ['nested beyond reading', `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`, 0, /dtype of a/],
  ])('in safetensors: %s', async (_, header, dataBytes, expected) => {
    const file = buildSafetensors(header, Buffer.alloc(dataBytes));
    expect(await refusalOf({ ...cfg, 'sae_weights.safetensors': file })).toMatch(expected);
  });

  it('in safetensors: a header as long as it likes', async () => {
    const huge = Buffer.alloc(64);
    huge.writeBigUInt64LE(2n ** 63n);
    expect(await refusalOf({ ...cfg, 'sae_weights.safetensors': huge })).toMatch(/header of at most/);
    const long = buildSafetensors(`{"a":"${'x'.repeat(2 << 20)}"}`, Buffer.alloc(0));
    expect(await refusalOf({ ...cfg, 'sae_weights.safetensors': long })).toMatch(/header of at most/);
  });
});

describe('weights that cannot be', () => {
  const cfg = { 'cfg.json': '{"architecture":"standard","metadata":{"sae_lens_version":"6.0.0"}}' };
  function standard(shapes: Readonly<Record<string, number[]>>, fill = 0.5): Buffer {
    let offset = 0;
    const header = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const to = offset + 4 * shape.reduce((a, b) => a * b, 1);
        const entry = { dtype: 'F32', shape, data_offsets: [offset, to] };
        offset = to;
        return [name, entry];
      }),
    );
    return buildSafetensors(header, Buffer.from(new Float32Array(offset / 4).fill(fill).buffer));
  }
  const GOOD = { W_enc: [2, 3], b_enc: [3], W_dec: [3, 2], b_dec: [2] };

  it('are not refused when they are well', async () => {
    const folder = layOut({ ...cfg, 'sae_weights.safetensors': standard(GOOD) });
    made.push(folder);
    expect((await importDictionary(folder)).weights.width).toBe(3);
  });

  it.each([
    ['NaN', standard(GOOD, NaN), /finite numbers in b_enc, got NaN at element 0/],
    ['infinity', standard(GOOD, -Infinity), /finite numbers in b_enc, got -Infinity/],
    [
      'a transposed encoder',
      standard({ ...GOOD, W_enc: [3, 2] }),
      /W_enc of shape \[2, 3\].*which is transposed/s,
    ],
    [
      'a transposed decoder',
      standard({ ...GOOD, W_dec: [2, 3] }),
      /W_dec of shape \[3, 2\].*which is transposed/s,
    ],
    ['parts of two dictionaries', standard({ ...GOOD, W_dec: [4, 2] }), /got \[4, 2\]\. Do all tensors/],
    [
      'no features',
      standard({ W_enc: [2, 0], b_enc: [0], W_dec: [0, 2], b_dec: [2] }),
      /at least one feature/,
    ],
    ['a vector as matrix', standard({ ...GOOD, W_enc: [6] }), /a matrix W_enc/],
    [
      'a part missing',
      standard({ W_enc: [2, 3], b_enc: [3], W_dec: [3, 2] }),
      /a tensor b_dec, got W_enc, b_enc/,
    ],
  ])('are refused: %s', async (_, file, expected) => {
    expect(await refusalOf({ ...cfg, 'sae_weights.safetensors': file })).toMatch(expected);
  });

  it('are refused where they need more memory than is allowed, before it is taken', async () => {
    const folder = layOut({ ...cfg, 'sae_weights.safetensors': standard(GOOD) });
    made.push(folder);
    await expect(importDictionary(folder, { maxWeightsBytes: 47 })).rejects.toThrow(
      /at most 47 bytes, got 48/,
    );
  });
});

describe('an archive that lies', () => {
  const npy = buildNpy('<f4', [2], Buffer.alloc(8));
  const entry = { name: 'W_enc.npy', bytes: npy };
  const zeros = Buffer.alloc(8 << 20);
  // The second entry lies inside the first one's bytes.
  const whole = buildZip([{ ...entry, name: 'b_enc.npy' }]);
  const outer = { ...entry, bytes: whole.subarray(0, 30 + 'b_enc.npy'.length + npy.length) };
  const inner = { ...entry, name: 'b_enc.npy', claimed: { offset: 30 + entry.name.length } };
  it.each([
    [
      'a bomb that says its size',
      buildZip([{ ...entry, bytes: zeros, isDeflated: true }]),
      /at most 200 times/,
    ],
    [
      'a bomb that hides its size',
      buildZip([{ ...entry, bytes: zeros, isDeflated: true, claimed: { sizeBytes: 4000 } }]),
      /W_enc\.npy/,
    ],
    [
      'more than is there',
      buildZip([{ ...entry, isDeflated: true, claimed: { sizeBytes: 5000 } }]),
      /5000 bytes in/,
    ],
    [
      'a size no file has',
      buildZip([{ ...entry, isDeflated: true, claimed: { sizeBytes: 2 ** 53 - 1 } }], { is64: true }),
      /200 times/,
    ],
    [
      'another size, stored',
      buildZip([{ ...entry, claimed: { sizeBytes: 4 } }]),
      /bytes in W_enc\.npy, got 4/,
    ],
    ['a wrong checksum', buildZip([{ ...entry, claimed: { crc: 1 } }]), /checksum 1/],
    ['a path out of the archive', buildZip([{ ...entry, name: '../../etc/W_enc.npy' }]), /plain names/],
    ['an absolute path', buildZip([{ ...entry, name: '/etc/W_enc.npy' }]), /plain names/],
    ['a path of another system', buildZip([{ ...entry, name: 'C:\\W_enc.npy' }]), /plain names/],
    ['a name with a zero in it', buildZip([{ ...entry, name: 'W_enc.npy\0.txt' }]), /plain names/],
    ['one name twice', buildZip([entry, entry]), /two called W_enc\.npy/],
    [
      'another name in front',
      buildZip([{ ...entry, claimed: { name: 'W_dec.npy' } }]),
      /W_dec\.npy at byte 0/,
    ],
    ['an encrypted entry', buildZip([{ ...entry, claimed: { flags: 1 } }]), /encrypted/],
    ['entries that share their bytes', buildZip([outer, inner]), /b_enc\.npy in bytes of its own/],
    ['no archive', Buffer.from('PK but no more'), /directory at the end/],
    ['an empty file', Buffer.alloc(0), /directory at the end/],
    [
      'an end that points outside',
      Buffer.concat([buildZip([entry]).subarray(0, -6), Buffer.alloc(4, 0xee), Buffer.alloc(2)]),
      /bytes \d+\.\./,
    ],
    ['something else than arrays', buildZip([{ name: 'evil.sh', bytes: npy }]), /archive of \.npy/],
    [
      'pickled objects',
      buildZip([{ ...entry, bytes: buildNpy('|O', [2], Buffer.alloc(8)) }]),
      /\|O.*never opened/s,
    ],
    [
      'an array of another size',
      buildZip([{ ...entry, bytes: buildNpy('<f4', [9], Buffer.alloc(8)) }]),
      /36 bytes of data/,
    ],
    [
      'an array too large to count',
      buildZip([{ ...entry, bytes: buildNpy('<f4', [2 ** 40, 2 ** 40], Buffer.alloc(8)) }]),
      /bytes of data/,
    ],
    ['big-endian numbers', buildZip([{ ...entry, bytes: buildNpy('>f4', [2], Buffer.alloc(8)) }]), />f4/],
    ['no array', buildZip([{ ...entry, bytes: Buffer.from('text') }]), /to be numpy's/],
  ])('is refused: %s', async (_, file, expected) => {
    expect(await refusalOf({ 'params.npz': file })).toMatch(expected);
  });

  it('is read where zip64 fields tell the truth', async () => {
    const bytes = (shape: number[]) =>
      buildNpy('<f4', shape, Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1)));
    const shapes = { W_enc: [2, 3], b_enc: [3], W_dec: [3, 2], b_dec: [2], threshold: [3] };
    const entries = Object.entries(shapes).map(([name, shape]) => ({
      name: `${name}.npy`,
      bytes: bytes(shape),
    }));
    const folder = layOut({ 'params.npz': buildZip(entries, { is64: true }) });
    made.push(folder);
    expect((await importDictionary(folder)).weights.hiddenWidth).toBe(2);
  });
});

describe('settings that cannot be', () => {
  const weights = buildSafetensors({}, Buffer.alloc(0));
  const lens = (cfg: unknown) => ({ 'cfg.json': JSON.stringify(cfg), 'sae_weights.safetensors': weights });
  const metadata = { sae_lens_version: '6.1.0' };
  it.each([
    ['no JSON', { 'cfg.json': '{', 'sae_weights.safetensors': weights }, /settings in JSON/],
    ['a list', { 'cfg.json': '[]', 'sae_weights.safetensors': weights }, /a JSON object/],
    ['a kind that steps', lens({ architecture: 'matching_pursuit', metadata }), /encodes step by step/],
    ['a transcoder', lens({ architecture: 'skip_transcoder', metadata }), /writes at another place/],
    ['a temporal one', lens({ architecture: 'temporal', metadata }), /reads the tokens before/],
    ['signed acts', lens({ architecture: 'abstopk', metadata }), /acts have signs/],
    ['a kind unknown', lens({ architecture: 'nova', metadata }), /got nova/],
    ['a name of the prototype', lens({ architecture: 'constructor', metadata }), /got constructor/],
    ['an activation unknown', lens({ activation_fn_str: 'tanh-relu' }), /tanh-relu/],
    ['a number as a name', lens({ architecture: 3, metadata }), /a string as "architecture", got 3/],
    [
      'nested beyond telling',
      {
        'cfg.json': `{"k":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
        'sae_weights.safetensors': weights,
      },
      /a tensor|a number/,
    ],
    [
      'more than settings are',
      { 'cfg.json': ' '.repeat(5 << 20), 'sae_weights.safetensors': weights },
      /bytes of settings/,
    ],
  ])('are refused: %s', async (_, files, expected) => {
    expect(await refusalOf(files)).toMatch(expected);
  });

  it('are refused in sparsify where it is a transcoder', async () => {
    const files = { 'layers.3/cfg.json': '{"transcode":true}', 'layers.3/sae.safetensors': weights };
    expect(await refusalOf(files, 'layers.3')).toMatch(/a transcoder/);
  });
});

describe('a path that is no dictionary', () => {
  it('is refused with what would be one, and what lies there', async () => {
    expect(await refusalOf({ 'readme.md': '' })).toMatch(/cfg\.json with.*got readme\.md/s);
    expect(await refusalOf({ '8.pt': '', '9.pt': '' })).toMatch(/Give one of its files: .*8\.pt/s);
    await expect(importDictionary('/nowhere/at/all')).rejects.toThrow(/a dictionary, got nothing there/);
    expect(await refusalOf({ 'cfg.json/x': '', 'sae_weights.safetensors': '' })).toMatch(
      /a file, got something else/,
    );
  });
});
