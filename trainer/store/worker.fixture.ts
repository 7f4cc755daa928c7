/** A worker process for tests: `node --import tsx worker.fixture.ts <url>`. */
import { countUp } from './count-up.fixture.ts';
import { openWorker } from './worker.ts';

const worker = openWorker({ url: process.argv[2], handlers: { count: countUp }, settings: undefined });
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
