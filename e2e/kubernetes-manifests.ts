import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainEnvironment, runProcess } from '@evertoken/testkit';
import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts';
import { workspace } from './evertoken.ts';

/** A document of a manifest file, as far as it is judged. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** Text of the agent's config in the ConfigMap of `manifests`. */
export function configIn(manifests: readonly Manifest[]): string {
  return manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['evertoken.yaml'] ?? '';
}

/** All containers of a workload, those that run first before the others. */
export function containersIn(workload: Manifest): readonly Container[] {
  const pod = workload.spec?.template?.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

/** What the types that are made from Kubernetes' own schema find against the manifests, one text each; `folder` is made for it. */
export async function typeErrorsOf(folder: string, manifests: readonly Manifest[]): Promise<readonly string[]> {
  await mkdir(folder);
  for (const [index, { apiVersion, kind, ...rest }] of manifests.entries()) {
    const group = apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`;
    // As a literal: TypeScript then takes a field that is not there for a mistake, at every depth.
    const text = `import type { ${kind} } from 'kubernetes-types/${group}';\nexport const manifest: ${kind} = ${JSON.stringify({ apiVersion, kind, ...rest }, null, 2)};\n`;
    await writeFile(join(folder, `manifest${index}.ts`), text);
  }
  const paths = { 'kubernetes-types/*': [join(workspace, 'node_modules/kubernetes-types/*')] };
  const compilerOptions = {
    module: 'esnext',
    moduleResolution: 'bundler',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    lib: ['es2023'],
    types: [],
    paths,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const compiler = join(workspace, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await runProcess(process.execPath, [compiler, '-p', folder], { env: plainEnvironment(), deadlineMs: 120_000 });
  const errors = stdout.split(/\n(?=\S)/).filter((error) => error.trim() !== '');
  if (code !== 0 && errors.length === 0) throw new Error('The compiler failed and said nothing.');
  return errors;
}
