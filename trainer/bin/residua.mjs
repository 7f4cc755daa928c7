#!/usr/bin/env node
// The command line: registers the TypeScript loader, then hands over to commands/cli.ts.
import { register } from 'tsx/esm/api';

register();
await import('../commands/cli.ts');
