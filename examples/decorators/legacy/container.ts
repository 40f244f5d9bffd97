/** Dependency injection in a few lines, as frameworks do it: the types of a constructor's parameters say what it gets. */
import 'reflect-metadata';

type Class<T> = new (...args: never[]) => T;

/** Marks a class that the container may make. Any decorator will do: only of decorated classes the compiler leaves the types. */
export const Injectable = (): ClassDecorator => () => undefined;

export class Container {
  readonly #instances = new Map<Class<unknown>, unknown>();

  /** Puts an instance in the place of a class: the way to stub one in a test. */
  provide<T>(Class: Class<T>, instance: T): this {
    this.#instances.set(Class, instance);
    return this;
  }

  get<T>(Class: Class<T>): T {
    if (!this.#instances.has(Class)) {
      const types = (Reflect.getMetadata('design:paramtypes', Class) ?? []) as Class<unknown>[];
      this.#instances.set(Class, new Class(...(types.map((type) => this.get(type)) as never[])));
    }
    return this.#instances.get(Class) as T;
  }
}
