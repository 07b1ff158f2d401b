import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['{web,agent_ui}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000, // only a fault waits for it, and not a busy machine
  },
});
