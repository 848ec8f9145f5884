import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // A soak takes as long as it takes.
    testTimeout: process.env.SOAK === '1' ? 7_200_000 : 20_000,
  },
})
