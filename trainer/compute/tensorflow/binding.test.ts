import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NoGpuError } from '../no-gpu.ts';
import { loadBinding } from './binding.ts';

function folderWith(installed?: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'residua-tensorflow-'));
  if (installed) {
    writeFileSync(join(folder, 'installed.json'), JSON.stringify(installed));
    writeFileSync(join(folder, 'tfjs_binding.node'), 'no binary of any machine');
  }
  return folder;
}

const onProcessor = { key: '', binding: 'tfjs_binding.node', version: '2.21.0', cuda: false, gpu: false };

describe('the binding of libtensorflow', () => {
  it('says which command brings it when it was asked for and is not there', () => {
    expect(() => loadBinding({ asked: true, folder: folderWith() })).toThrow(
      'not installed; `npm run gpu -- --tensorflow` brings it',
    );
  });

  it('counts as not there when its file is gone', () => {
    const folder = folderWith({ ...onProcessor, binding: 'gone.node' });
    expect(() => loadBinding({ asked: true, folder })).toThrow('not installed');
  });

  it('is not taken by itself on a processor', () => {
    expect(() => loadBinding({ asked: false, folder: folderWith(onProcessor) })).toThrow(NoGpuError);
  });

  it('passes on what the loader says of a file that is no binding', () => {
    expect(() => loadBinding({ asked: true, folder: folderWith(onProcessor) })).toThrow(/tfjs_binding\.node/);
  });

  it.skipIf(existsSync('/dev/nvidia0'))('is not missed where there is no card', () => {
    expect(() => loadBinding({ asked: false, folder: folderWith() })).toThrow(NoGpuError);
  });
});
