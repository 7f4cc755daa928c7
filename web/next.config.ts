import path from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // The lockfile and node_modules are one folder up.
  turbopack: { root: path.join(import.meta.dirname, '..') },
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
};

export default config;
