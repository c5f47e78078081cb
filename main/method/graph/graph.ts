/**
 * A graph of ONNX operators under construction, and the record that lets the differentiator walk it backwards.
 *
 * Operators are added by the functions of operators.ts; `encodeModel` of onnx.ts turns the result into the bytes of an
 * ONNX model.
 */
import { Fault } from '../../fault.ts';

/** Element type in which a graph computes. */
export type Precision = 'float32' | 'float64';
export type ElementType = Precision | 'float16' | 'int64';

/**
 * Sides of a tensor. A negative side -k stands for k times the batch, for a batch that is only known when the graph
 * runs: (-1, 196, 768) is (B, 196, 768), and (-196, 768) is (B * 196, 768). At most one side of a shape is negative.
 */
export type Shape = readonly number[];

/** The batch of a graph that takes any number of images. */
export const anyBatch = -1;

/** A tensor in the graph: an input, an initializer or the output of a node. */
export interface Value {
  name: string;
  readonly shape: Shape;
  readonly type: ElementType;
}

export type Attribute = number | readonly number[] | string | { readonly float: number };

export interface Node {
  readonly operator: string;
  readonly inputs: readonly Value[];
  /** A node may be asked for further outputs after it was made; see `layerNorm`. */
  readonly outputs: Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Where the bytes of an initializer lie in a file beside the model, in bytes. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface Initializer {
  readonly value: Value;
  /** Numbers that travel inside the model, or a range of a file beside it. */
  readonly data: ArrayLike<number> | ExternalData;
}

/**
 * One differentiable operation: given the derivative of the loss by `output`, `backward` names, input by input, how to
 * emit the derivative by that input. The functions are only called for inputs that a gradient flows to.
 */
export interface Step {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly backward: (derivative: Value) => readonly (() => Value)[];
}

export interface GraphOptions {
  /** Where it matters, keep less for the way back and compute it once more there (`recomputed`). */
  readonly sparing?: boolean;
}

export class Graph {
  readonly precision: Precision;
  readonly sparing: boolean;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  readonly steps: Step[] = [];
  readonly #initializersByKey = new Map<string, Value>();
  #count = 0;

  constructor(precision: Precision, { sparing = false }: GraphOptions = {}) {
    this.precision = precision;
    this.sparing = sparing;
  }

  /** A tensor that is fed at every run. */
  input(name: string, shape: Shape, type: ElementType = this.precision): Value {
    const value = { name, shape, type };
    this.inputs.push(value);
    return value;
  }

  /** Numbers that travel inside the model, row-major. */
  constant(data: ArrayLike<number>, shape: Shape, type: ElementType = this.precision): Value {
    if (elementCount(shape) !== data.length)
      throw new Fault('internal', `A constant of shape [${shape}] was given ${data.length} numbers.`);
    return this.#initializer(`constant_${this.#count++}`, shape, type, data);
  }

  /** One number, shape (). The same number is stored once. */
  scalar(number: number): Value {
    return this.#once(`scalar ${number}`, () => this.constant([number], []));
  }

  /** A list of whole numbers, such as axes or a shape. The same list is stored once. */
  integers(list: readonly number[]): Value {
    return this.#once(`integers ${list}`, () => this.constant(list, [list.length], 'int64'));
  }

  /** A named initializer; a second call with the same name gives the first one's value. */
  named(name: string, shape: Shape, type: ElementType, data: () => Initializer['data']): Value {
    return this.#once(`named ${name}`, () => this.#initializer(name, shape, type, data()));
  }

  /** Adds a node with one output. Shapes are the caller's word: nothing here infers them. */
  emit(
    operator: string,
    inputs: readonly Value[],
    shape: Shape,
    attributes: Node['attributes'] = {},
    type: ElementType = this.precision,
  ): Value {
    return this.emitNode(operator, inputs, shape, attributes, type).outputs[0]!;
  }

  /** As `emit`, for the few operators that are asked for more than one output. */
  emitNode(
    operator: string,
    inputs: readonly Value[],
    shape: Shape,
    attributes: Node['attributes'] = {},
    type: ElementType = this.precision,
  ): Node {
    const node: Node = { operator, inputs, outputs: [], attributes };
    this.nodes.push(node);
    this.addOutput(node, shape, type);
    return node;
  }

  addOutput(node: Node, shape: Shape, type: ElementType = this.precision): Value {
    const value = { name: `${node.operator}_${this.#count++}`, shape, type };
    node.outputs.push(value);
    return value;
  }

  /** Records how a gradient passes from `output` to `inputs`, and returns `output`. */
  differentiable(output: Value, inputs: readonly Value[], backward: Step['backward']): Value {
    this.steps.push({ inputs, output, backward });
    return output;
  }

  /** Names a value as an output of the graph. */
  output(name: string, value: Value): void {
    const named = this.emit('Identity', [value], value.shape, {}, value.type);
    named.name = name;
    this.outputs.push(named);
  }

  #initializer(name: string, shape: Shape, type: ElementType, data: Initializer['data']): Value {
    const value = { name, shape, type };
    this.initializers.push({ value, data });
    return value;
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#initializersByKey.get(key);
    if (known) return known;
    const made = make();
    this.#initializersByKey.set(key, made);
    return made;
  }
}

/** Number of elements; negative where it is a multiple of the batch. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function isStatic(shape: Shape): boolean {
  return shape.every((side) => side >= 0);
}
