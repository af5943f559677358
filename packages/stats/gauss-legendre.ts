/** Nodes and weights on [-1, 1]. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const known = new Map<number, Quadrature>();

function computed(order: number): Quadrature {
  const nodes = new Float64Array(order);
  const weights = new Float64Array(order);
  for (let i = 0; i < Math.ceil(order / 2); i += 1) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (order + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step += 1) {
      let before = 1;
      let value = x;
      for (let k = 2; k <= order; k += 1) {
        const next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
        before = value;
        value = next;
      }
      slope = (order * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    const weight = 2 / ((1 - x * x) * slope * slope);
    nodes[i] = -x;
    nodes[order - 1 - i] = x;
    weights[i] = weight;
    weights[order - 1 - i] = weight;
  }
  return { nodes, weights };
}

/** Gauss-Legendre quadrature of an order of at least 2; each order is computed once. */
export function gaussLegendre(order: number): Quadrature {
  const found = known.get(order) ?? computed(order);
  known.set(order, found);
  return found;
}

/** Integral of a smooth function over [from, to]. */
export function integrate(
  evaluate: (x: number) => number,
  from: number,
  to: number,
  order = 64,
): number {
  const { nodes, weights } = gaussLegendre(order);
  const half = (to - from) / 2;
  const middle = (from + to) / 2;
  let sum = 0;
  for (let i = 0; i < order; i += 1) {
    sum += (weights[i] ?? 0) * evaluate(middle + half * (nodes[i] ?? 0));
  }
  return sum * half;
}
