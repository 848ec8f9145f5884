import type { ProfileKind, ProfilePurpose, ProfileUnit } from './vocabulary.ts'

export type Purpose = Exclude<ProfilePurpose, 'auto'>

/** One way in which a charger takes a limit of one purpose. */
export interface ProfileMethod {
  readonly unit: Exclude<ProfileUnit, 'auto'>
  readonly kind: Exclude<ProfileKind, 'auto'>
  readonly stackLevel: number
}

/** What was found out by sending a limit: a way that was accepted, or a configuration key in place of profiles. */
export type Learnt =
  /** Without a method: none was accepted. */
  | { readonly purpose: Purpose; readonly method: ProfileMethod | undefined }
  /** `{connector}` in the key stands for the connector's number. */
  | { readonly key: string }
  /** Profiles of others that outrank ours have been cleared; `<connector>.<purpose>`. */
  | { readonly cleared: string }

/** How a charger takes limits, as far as it is known. Kept over restarts; forgotten when its firmware changes. */
export interface ControlMethods {
  readonly profiles: Map<Purpose, ProfileMethod>
  /** The configuration key that carries limits because no profile does. */
  key: string | undefined
  /** Of these purposes nothing was accepted when all was tried: one try is enough from now on. */
  readonly exhausted: Set<Purpose>
  /** Where profiles of others that outrank ours have been cleared, once. */
  readonly cleared: Set<string>
  /** Ways that were accepted and then not obeyed, as `methodText` writes them: the last to be tried. */
  readonly disproved: Set<string>
  /** Refusals in a row of what had been learnt; at `RELEARN_AFTER` it is learnt anew. */
  refusals: number
  /** It doesn't tell its schedule: it is not asked again until it boots. */
  silent: boolean
}

export const RELEARN_AFTER = 2

export function newControlMethods(): ControlMethods {
  return {
    profiles: new Map(),
    key: undefined,
    exhausted: new Set(),
    cleared: new Set(),
    disproved: new Set(),
    refusals: 0,
    silent: false,
  }
}

/** As people read it: `TxDefaultProfile, stack level 0, Absolute, A`. */
export function methodText(purpose: Purpose, { kind, stackLevel, unit }: ProfileMethod): string {
  return `${purpose}, stack level ${stackLevel}, ${kind}, ${unit}`
}

export function keyText(key: string): string {
  return `configuration key ${key}`
}

export function learn(methods: ControlMethods, learnt: readonly Learnt[]): void {
  for (const each of learnt) {
    if ('key' in each) methods.key = each.key
    else if ('cleared' in each) methods.cleared.add(each.cleared)
    else if (each.method === undefined) methods.exhausted.add(each.purpose)
    else {
      methods.profiles.set(each.purpose, each.method)
      methods.exhausted.delete(each.purpose)
    }
  }
}

/** Another firmware, or refusals of what used to work: the next limit finds out again. */
export function unlearn(methods: ControlMethods): void {
  methods.profiles.clear()
  methods.exhausted.clear()
  methods.key = undefined
  methods.refusals = 0
}

/** The charger accepted this way and did not obey: another is looked for. */
export function disprove(methods: ControlMethods, purposes: readonly Purpose[]): void {
  if (methods.key !== undefined) {
    methods.disproved.add(keyText(methods.key))
    methods.key = undefined
  }
  for (const purpose of purposes) {
    const method = methods.profiles.get(purpose)
    if (method === undefined) continue
    methods.disproved.add(methodText(purpose, method))
    methods.profiles.delete(purpose)
  }
}
