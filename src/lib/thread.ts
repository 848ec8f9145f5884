import { Worker } from 'node:worker_threads'

/**
 * Begins a thread. `program` is one of this package, without its extension: from source it is TypeScript, which a thread
 * learns to read first.
 */
export function beginThread(program: URL, name: string, workerData: unknown): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${program.href}.js`), { workerData, name })
  const reader = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const start = `import(${reader}).then(({ register }) => { register(); return import(${JSON.stringify(`${program.href}.ts`)}) })`
  return new Worker(start, { workerData, name, eval: true })
}
