import type { TLSSocket } from 'node:tls'

/** Who a charger is by its certificate, or why that doesn't count. */
export type Certified =
  | { readonly kind: 'certified'; readonly name: string }
  | { readonly kind: 'refused'; readonly detail: string }

/** What OpenSSL says of a certificate, in words; other codes stand for themselves. */
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clocks',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate was not signed by any of ocpp.tls.clientCa',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate was not signed by any of ocpp.tls.clientCa',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate was not signed by any of ocpp.tls.clientCa',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate was not signed by any of ocpp.tls.clientCa',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate was signed by itself alone',
  INVALID_PURPOSE: 'its certificate is not one for clients',
}

/** Judges a charger's certificate: signed by an authority of ours, in date, and in the charger's own name in any letter case. */
export function certified(socket: TLSSocket, identifier: string): Certified {
  const certificate = socket.getPeerCertificate()
  if (Object.keys(certificate).length === 0) return { kind: 'refused', detail: 'it showed no certificate' }
  if (!socket.authorized) {
    // Node's types promise an Error; it is the code of one.
    const code = String(socket.authorizationError)
    return { kind: 'refused', detail: reasons[code] ?? `its certificate is refused: ${code}` }
  }
  const names = [commonNames(certificate.subject.CN), alternativeNames(certificate.subjectaltname ?? '')].flat()
  const wanted = identifier.toLowerCase()
  const name = names.find((each) => each.toLowerCase() === wanted)
  if (name !== undefined) return { kind: 'certified', name }
  // Anybody can write a certificate: its names go into the log.
  const shown = names.map((each) => each.replace(/[\p{C}]/gu, '?').slice(0, 60)).slice(0, 4)
  return { kind: 'refused', detail: `its certificate is that of ${shown.join(', ') || 'nobody'}` }
}

function commonNames(name: unknown): readonly string[] {
  if (Array.isArray(name)) return name.map(String)
  return typeof name === 'string' ? [name] : []
}

/** `DNS:a, URI:b`; node writes values that hold a comma or a quote as JSON. */
export function alternativeNames(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|, )(DNS|URI|email):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, , value = '']) =>
    value.startsWith('"') ? String(JSON.parse(value)) : value,
  )
}
