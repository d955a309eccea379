/**
 * An `EventTarget` that knows the names of its events and what each carries. An event is a plain `Event` with the
 * payload as properties of its own, so that a listener can take them apart: `({ peer }) => …`.
 *
 * @template {Record<string, object>} Events event name → the properties such an event carries
 */
export class TypedTarget extends EventTarget {
  /**
   * @template {keyof Events & string} Name
   * @override
   * @param {Name} name
   * @param {((event: Event & Events[Name]) => void) | EventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(name, listener, options) {
    super.addEventListener(name, /** @type {EventListener | null} */ (listener), options);
  }

  /**
   * @template {keyof Events & string} Name
   * @override
   * @param {Name} name
   * @param {((event: Event & Events[Name]) => void) | EventListenerObject | null} listener
   * @param {boolean | EventListenerOptions} [options]
   */
  removeEventListener(name, listener, options) {
    super.removeEventListener(name, /** @type {EventListener | null} */ (listener), options);
  }

  /**
   * Dispatches an event. For the class itself; a listener that throws is reported by the platform and stops nobody.
   *
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} properties must not be named like a property of `Event` (`type`, `target`, …)
   */
  emit(name, properties) {
    this.dispatchEvent(Object.assign(new Event(name), properties));
  }
}
