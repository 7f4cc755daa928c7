/** A JSON file of settings, asked for one value of one type at a time. Absent and null are the same. */
import { ImportError, describe } from './import-error.ts';

const ADVICE = 'Compare it with one that its library wrote.';

export class Config {
  readonly file: string;
  private readonly values: ReadonlyMap<string, unknown>;

  private constructor(values: object, file: string) {
    this.values = new Map(Object.entries(values));
    this.file = file;
  }

  static parse(bytes: Buffer, file: string): Config {
    try {
      const value: unknown = JSON.parse(bytes.toString('utf8'));
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return new Config(value, file);
    } catch (cause) {
      throw new ImportError(file, 'settings in JSON', 'bytes that do not parse', ADVICE, { cause });
    }
    throw new ImportError(file, 'a JSON object', 'something else', ADVICE);
  }

  static empty(file: string): Config {
    return new Config({}, file);
  }

  has(name: string): boolean {
    return (this.values.get(name) ?? undefined) !== undefined;
  }

  raw(name: string): unknown {
    return this.values.get(name) ?? undefined;
  }

  text(name: string): string | undefined {
    return this.typed(name, 'string') as string | undefined;
  }

  flag(name: string): boolean | undefined {
    return this.typed(name, 'boolean') as boolean | undefined;
  }

  /** Finite: JSON has no other, and 1e999 is none. */
  number(name: string): number | undefined {
    const value = this.typed(name, 'number') as number | undefined;
    if (value !== undefined && !Number.isFinite(value)) throw this.refuse(name, 'a finite number', value);
    return value;
  }

  count(name: string): number | undefined {
    const value = this.number(name);
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw this.refuse(name, 'a whole number', value);
    }
    return value;
  }

  counts(name: string): number[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item > 0))
      return value as number[];
    throw this.refuse(name, 'a list of whole numbers', value);
  }

  /** Empty where there is none. */
  group(name: string): Config {
    const value = this.raw(name);
    if (value === undefined) return Config.empty(this.file);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return new Config(value, this.file);
    throw this.refuse(name, 'a group of settings', value);
  }

  refuse(name: string, expected: string, got: unknown): ImportError {
    return new ImportError(this.file, `${expected} as "${name}"`, describe(got), ADVICE);
  }

  private typed(name: string, type: string): unknown {
    const value = this.raw(name);
    if (value !== undefined && typeof value !== type) throw this.refuse(name, `a ${type}`, value);
    return value;
  }
}
