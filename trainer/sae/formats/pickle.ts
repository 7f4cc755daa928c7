/**
 * A reader for the pickles that torch writes: dictionaries, lists, numbers, strings, tensors. A pickle is a program; this
 * one can name three things only (see ALLOWED) and call two of them, neither of which is anything but data here. Every
 * other opcode and name is refused by name. Nothing is ever executed. Protocols 2 to 5, Python's pickletools.
 */
import { ImportError } from './import-error.ts';
import { type PickleReader, readPickle } from './pickle-opcodes.ts';
import {
  type PickledGlobal,
  type PickledStorage,
  type PickledTensor,
  type PickleValue,
  type Refuse,
  hasType,
  isDict,
} from './pickle-value.ts';

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const STORAGE = /^torch\.(Double|Float|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage$/;
const MAX_AXES = 4;

/** What stands at the end of the program. */
export function parsePickle(bytes: Buffer, file: string): PickleValue {
  const refuse: Refuse = (expected, got) => {
    throw new ImportError(
      file,
      expected,
      got,
      'Only plain weights are read, nothing is ever run: save the state_dict alone, or convert it to safetensors.',
    );
  };
  const reader: PickleReader = {
    global: (module, name) => findGlobal(`${module}.${name}`, refuse),
    call: (target, args) => call(target, args, refuse),
    build: (target) => build(target, refuse),
    persistent: (id) => parseStorage(id, refuse),
    refuse,
  };
  return readPickle(bytes, reader);
}

function findGlobal(name: string, refuse: Refuse): PickledGlobal {
  if (name === ORDERED_DICT || name === REBUILD_TENSOR || STORAGE.test(name)) return { type: 'global', name };
  return refuse('weights alone', `the name ${name}, which could run code`);
}

function call(target: PickleValue, args: PickleValue, refuse: Refuse): PickleValue {
  const name = hasType(target, 'global') ? (target as PickledGlobal).name : undefined;
  if (name === ORDERED_DICT && Array.isArray(args) && args.length === 0)
    return { type: 'dict', entries: new Map() };
  if (name === REBUILD_TENSOR && Array.isArray(args)) return rebuildTensor(args as PickleValue[], refuse);
  return refuse('a tensor or an empty dictionary to be made', `a call of ${name ?? 'a value'}`);
}

/** torch hangs `_metadata` on the state dict this way; it says nothing about weights. */
function build(target: PickleValue, refuse: Refuse): void {
  if (!isDict(target)) refuse('attributes on a dictionary only', 'BUILD on something else');
}

/** (storage, offset, size, stride, requires_grad, hooks[, metadata]) */
function rebuildTensor(args: readonly PickleValue[], refuse: Refuse): PickledTensor {
  const [storage, offset, shape, strides] = args;
  if (!hasType(storage, 'storage') || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
    return refuse('a tensor of storage, offset, shape and strides', 'something else');
  }
  if (shape.length !== strides.length || shape.length > MAX_AXES) {
    return refuse(`a tensor of at most ${MAX_AXES} axes`, `${shape.length} sizes, ${strides.length} strides`);
  }
  return { type: 'tensor', storage: storage as PickledStorage, offset, shape, strides };
}

/** ('storage', type, key, location, elements) */
function parseStorage(id: PickleValue, refuse: Refuse): PickledStorage {
  const [tag, type, key, , elements] = Array.isArray(id) ? (id as PickleValue[]) : [];
  const name = hasType(type, 'global') ? (type as PickledGlobal).name : '';
  if (tag !== 'storage' || !STORAGE.test(name) || typeof key !== 'string' || !isSize(elements)) {
    return refuse('a persistent id of a storage', 'something else');
  }
  return { type: 'storage', storageType: name, key, elements };
}

function isSize(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
