/**
 * What torch.save writes since 1.6: a zip with a pickle of names and shapes and one stored entry per storage. Tensors stay
 * where they lie. Knows nothing of dictionaries.
 */
import { type Dtype, DTYPE_BYTES } from './float-bytes.ts';
import { COPY_AGAIN, ImportError } from './import-error.ts';
import { parsePickle } from './pickle.ts';
import { type PickledDict, type PickledTensor, isDict, isTensor } from './pickle-value.ts';
import type { SourceFile } from './source-file.ts';
import { type StoredTensor, extentOf } from './stored-tensor.ts';
import { type ZipFile, openZip } from './zip-file.ts';

/** Names and shapes; an optimiser's state of a dictionary is a few kilobytes more. */
const MAX_PICKLE_BYTES = 4 << 20;

const DTYPES: Readonly<Record<string, Dtype>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

export interface TorchFile {
  readonly file: string;
  readonly root: PickledDict;
  /** The tensors among a dictionary's values. */
  tensorsOf(dict: PickledDict): Map<string, StoredTensor>;
}

export async function openTorch(source: SourceFile): Promise<TorchFile> {
  const { path: file } = source;
  const magic = source.sizeBytes < 4 ? Buffer.alloc(4) : await source.read(0, 4);
  if (magic[0] === 0x80) {
    const advice = 'Load it and torch.save it again with a newer torch.';
    throw new ImportError(file, 'a zip as torch has written since 1.6', 'a bare pickle', advice);
  }
  const zip = await openZip(source);
  const pickles = [...zip.entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new ImportError(file, 'one data.pkl inside', `${pickles.length}`, COPY_AGAIN);
  const folder = pickles[0].split('/')[0];
  const order = zip.entries.get(`${folder}/byteorder`);
  if (order && (await zip.read(order, 16)).toString('latin1') !== 'little') {
    throw new ImportError(file, 'little-endian numbers', 'another order', 'Save it on another machine.');
  }
  const root = parsePickle(await zip.read(zip.entries.get(pickles[0])!, MAX_PICKLE_BYTES), file);
  if (!isDict(root))
    throw new ImportError(file, 'a state dict', 'something else', 'Save module.state_dict().');

  function tensorsOf(dict: PickledDict): Map<string, StoredTensor> {
    const tensors = new Map<string, StoredTensor>();
    for (const [name, value] of dict.entries) {
      if (typeof name === 'string' && isTensor(value))
        tensors.set(name, place(zip, source, folder, name, value));
    }
    return tensors;
  }

  return { file, root, tensorsOf };
}

function place(
  zip: ZipFile,
  source: SourceFile,
  folder: string,
  name: string,
  tensor: PickledTensor,
): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  const dtype = DTYPES[storage.storageType];
  const entry = zip.entries.get(`${folder}/data/${storage.key}`);
  const size = DTYPE_BYTES[dtype];
  if (!entry?.isStored || entry.sizeBytes !== storage.elements * size) {
    const got = entry ? `${entry.sizeBytes}${entry.isStored ? '' : ' deflated'}` : 'none';
    throw new ImportError(zip.file, `${storage.elements * size} stored bytes for ${name}`, got, COPY_AGAIN);
  }
  const extent = extentOf(shape, strides);
  if (offset + extent > storage.elements) {
    throw new ImportError(
      zip.file,
      `${name} within ${storage.elements} stored numbers`,
      `${offset}..${offset + extent}`,
      COPY_AGAIN,
    );
  }
  // Part of a storage has no checksum of its own.
  const isWhole = extent === storage.elements;
  const bytes = () =>
    isWhole ? zip.chunks(entry) : source.chunks(entry.dataStart + offset * size, extent * size);
  return { file: zip.file, name, dtype, shape, strides, bytes };
}
