import { describe, expect, it } from 'vitest'
import { brief, read } from './sections.ts'

const web = (text: string, environment = {}) => read(`web: ${text}\n`, environment)

describe('the section web', () => {
  it('is off when it is absent, and on loopback when nothing is said', () => {
    expect(read('').settings?.services.web).toBeUndefined()
    expect(web('').settings?.services.web).toEqual({ listen: { host: '127.0.0.1', port: 8080 } })
  })

  it.each(['0.0.0.0:8080', '192.0.2.7:80', '"[::]:8080"', '128.0.0.1:80'])(
    'does not listen on %s without a token',
    (listen) => {
      const { problems, settings } = web(`{ listen: ${listen} }`)
      expect(problems.map(brief)).toEqual(['1:16 no-token'])
      expect(problems[0]?.message).toMatch(/add a token, or listen on 127\.0\.0\.1$/)
      expect(settings).toBeUndefined()
    },
  )

  it.each(['127.0.0.1:0', 'localhost:8080', '"[::1]:8080"', '127.8.9.1:80'])('listens on %s without one', (listen) => {
    expect(web(`{ listen: ${listen} }`).problems).toEqual([])
  })

  it('listens anywhere with a token from the environment', () => {
    const text = `{ listen: 0.0.0.0:8080, token: "\${WEB_TOKEN}" }`
    expect(web(text, { WEB_TOKEN: 'abc' }).settings?.services.web).toMatchObject({ token: 'abc' })
    expect(web(text).problems.map(brief)).toContain('1:37 environment')
  })

  it.each(['""', '"a b"', '"ä"', '7'])('takes no token %s', (token) => {
    expect(web(`{ token: ${token} }`).problems).toHaveLength(1)
  })
})
