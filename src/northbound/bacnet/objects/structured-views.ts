import type { Charger } from '../../../core/charger/charger.ts'
import type { Device } from '../../../core/ports.ts'
import { objectName, viewInstance } from '../placement.ts'
import type { DeviceModel } from './device-model.ts'
import { StructuredView, type Subordinate } from './structured-view.ts'

/** The tree of structured views as devices, connectors and objects come and go. */
export class StructuredViews {
  readonly #topology: 'virtual' | 'flat'
  /** Of the site, and of chargers: each with those of its connectors. */
  readonly #trees = new Map<Charger | undefined, Map<number, StructuredView>>()
  /** What was last said of a view, and how many changes there had been: a list is read element by element. */
  readonly #said = new WeakMap<StructuredView, { readonly changes: number; readonly list: readonly Subordinate[] }>()
  /** One more whenever a charger came or went. */
  #changes = 0

  constructor(topology: 'virtual' | 'flat') {
    this.#topology = topology
  }

  /** Gives a device one view of its own, and one for each connector that has objects in `model`. */
  follow(model: DeviceModel, { charger, number }: Device): void {
    let tree = this.#trees.get(charger)
    if (tree === undefined) {
      tree = new Map()
      this.#trees.set(charger, tree)
      this.#changes += 1
    }
    const wanted = new Set([0])
    for (const { point } of model.of(charger)) if (point !== undefined) wanted.add(point.connector)
    const gone = [...tree.values()].filter(({ connector }) => !wanted.has(connector))
    for (const { connector } of gone) tree.delete(connector)
    model.remove(gone)
    const come: StructuredView[] = []
    for (const connector of [...wanted].sort((a, b) => a - b)) {
      if (tree.has(connector)) continue
      const view = new StructuredView({
        device: model,
        instance: viewInstance({ topology: this.#topology }, number, connector),
        charger,
        connector,
        subordinates: (asked) => this.#subordinates(asked),
      })
      tree.set(connector, view)
      come.push(view)
      if (connector === 0 && charger === model.owner.charger) model.root = view
    }
    if (come.length > 0) model.add(come)
  }

  /** A device is gone, and its views with it. */
  leave(model: DeviceModel, { charger }: Device): void {
    const tree = this.#trees.get(charger)
    if (tree === undefined) return
    this.#trees.delete(charger)
    this.#changes += 1
    if (model.root !== undefined && tree.get(0) === model.root) model.root = undefined
    model.remove([...tree.values()])
  }

  #subordinates(view: StructuredView): readonly Subordinate[] {
    const changes = this.#changes + view.device.changes
    const said = this.#said.get(view)
    if (said?.changes === changes) return said.list
    const list = [...objectsOf(view), ...this.#viewsBelow(view)]
    this.#said.set(view, { changes, list })
    return list
  }

  #viewsBelow({ charger, connector, node }: StructuredView): readonly Subordinate[] {
    if (node === 'connector') return []
    const below =
      node === 'site'
        ? [...this.#trees].flatMap(([owner, tree]) => (owner === undefined ? [] : (tree.get(0) ?? [])))
        : [...(this.#trees.get(charger)?.values() ?? [])].filter((other) => other.connector !== connector)
    return below
      .sort((a, b) => a.device.instance - b.device.instance || a.instance - b.instance)
      .map((object) => ({
        object,
        annotation: object.connector === 0 ? (object.charger?.settings.name ?? '') : `Connector ${object.connector}`,
      }))
  }
}

/** What stands in the view's own device and tells of its charger and connector, under the last part of its name. */
function objectsOf({ device, charger, connector }: StructuredView): readonly Subordinate[] {
  const prefix = objectName(device.ownerOf(charger), connector, '').length
  return [...device.of(charger)].flatMap((object) =>
    object.point?.connector === connector ? [{ object, annotation: object.name.slice(prefix) }] : [],
  )
}
