/**
 * Looks at a binary's header before it is loaded: whose processor it is for, and whether the file is all there. ELF and
 * Mach-O, little-endian, 64 bits. Knows nothing of what is inside.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 64;
const ELF = 0x464c457f;
const MACH_O = 0xfeedfacf;
const ELF_MACHINES = { 62: 'x64', 183: 'arm64' };
const MACH_O_MACHINES = { 0x01000007: 'x64', 0x0100000c: 'arm64' };

/** What is wrong with the file for such a machine, to follow its name in a sentence; null when nothing is. */
export function faultOf(path, { platform, arch }) {
  const { header, sizeBytes } = readHeader(path);
  if (header.length < HEADER_BYTES) return `is cut short: expected more than ${header.length} bytes`;
  const darwin = platform === 'darwin';
  if (header.readUInt32LE(0) !== (darwin ? MACH_O : ELF)) return `is no binary of ${platform}`;
  const machine = darwin ? MACH_O_MACHINES[header.readUInt32LE(4)] : ELF_MACHINES[header.readUInt16LE(18)];
  if (machine !== arch) return `is built for ${machine ?? 'another processor'}, not for ${arch}`;
  const expectedBytes = darwin ? 0 : elfBytes(header);
  return sizeBytes < expectedBytes ? `is cut short: expected ${expectedBytes} bytes, got ${sizeBytes}` : null;
}

/** Linkers put the section headers at the end. */
function elfBytes(header) {
  return Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
}

function readHeader(path) {
  const file = openSync(path);
  try {
    const buffer = Buffer.alloc(HEADER_BYTES);
    const length = readSync(file, buffer, 0, HEADER_BYTES, 0);
    return { header: buffer.subarray(0, length), sizeBytes: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}
