import type { OCPP16 } from 'typed-ocpp'

export type TagInfo = OCPP16.AuthorizeResponse['idTagInfo']

/** The list of tags that the central system sends to be authorised without it (OCPP 1.6 3.5.2). */
export class LocalList {
  #version = 0
  #entries: ReadonlyMap<string, TagInfo> = new Map()

  /** 0: the list is empty. */
  get version(): number {
    return this.#entries.size === 0 ? 0 : this.#version
  }

  find(idTag: string): TagInfo | undefined {
    return this.#entries.get(idTag.toLowerCase())
  }

  /** SendLocalList's status; `maxLength`: of the list, `maxSent`: of one message. */
  update(
    { listVersion, localAuthorizationList: sent = [], updateType }: OCPP16.SendLocalListRequest,
    { maxLength, maxSent }: { readonly maxLength: number; readonly maxSent: number },
  ): OCPP16.SendLocalListResponse['status'] {
    const full = updateType === 'Full'
    if (!full && listVersion <= this.version) return 'VersionMismatch'
    const names = sent.map(({ idTag }) => idTag.toLowerCase())
    // 5.15: 0 and below are no versions of a list; a full list has nothing to remove.
    if (listVersion <= 0 || sent.length > maxSent || new Set(names).size < names.length) return 'Failed'
    if (full && sent.some(({ idTagInfo }) => idTagInfo === undefined)) return 'Failed'
    const entries = new Map(full ? [] : this.#entries)
    for (const { idTag, idTagInfo } of sent) {
      if (idTagInfo === undefined) entries.delete(idTag.toLowerCase())
      else entries.set(idTag.toLowerCase(), idTagInfo)
    }
    if (entries.size > maxLength) return 'Failed'
    this.#entries = entries
    this.#version = listVersion
    return 'Accepted'
  }
}
