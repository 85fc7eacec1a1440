import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';

/** That `column` has one of `values`; PostgreSQL has no empty list. */
export function among<T, N extends keyof T & string>(
  eb: ExpressionBuilder<T, N>,
  column: string & keyof T[N],
  values: readonly string[],
): Expression<SqlBool> {
  return values.length === 0 ? sql<SqlBool>`1 = 0` : eb(column as never, 'in', values as never);
}
