import { configDefaults, defineConfig } from 'vitest/config'

/** Serial ports belong to a process: the package for them knows no threads. */
const serial = 'test/{interop,conformance}/**/*rtu*.test.ts'

export default defineConfig({
  test: {
    // A soak takes as long as it takes.
    testTimeout: process.env.SOAK === '1' ? 7_200_000 : 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'threads',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, serial],
          pool: 'threads',
        },
      },
      { extends: true, test: { name: 'processes', include: [serial], pool: 'forks' } },
    ],
  },
})
