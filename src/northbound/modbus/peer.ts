/** Who asks. `name` stands in the log and tells one writer from another: an address, or a serial port. */
export type Peer =
  /** May write from the networks of `allowWrites`. */
  | { readonly kind: 'address'; readonly name: string }
  /** Showed a certificate, which may have a role in it. */
  | { readonly kind: 'role'; readonly name: string; readonly role: string | undefined; readonly mayWrite: boolean }
  /** Whoever is master of a serial line. */
  | { readonly kind: 'line'; readonly name: string; readonly mayWrite: boolean }
