import pino from 'pino'
import pretty from 'pino-pretty'
import type { Log } from './log.ts'

/** Logs on standard error: readable on a terminal, one JSON object a line otherwise. */
export function pinoLog(level: string): Log {
  const stream = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true })
  const logger = pino({ level, base: null }, stream)
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    debugs: logger.isLevelEnabled('debug'),
  }
}
