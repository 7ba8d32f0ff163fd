import importSort from 'eslint-plugin-simple-import-sort'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', 'dist-package/', '.lake/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-sort': importSort },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'import-sort/imports': 'error',
      'import-sort/exports': 'error',
      eqeqeq: 'error',
      'no-restricted-imports': [
        'error',
        { name: 'vitest', importNames: ['it'], message: 'Use test.' },
        { name: 'node:process', importNames: ['env'], message: 'Read settings.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read settings (shared/settings/pipelineSettings.ts).' },
      ],
      'no-console': 'error',
      'max-lines': ['error', { max: 320, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 5],
    },
  },
  {
    files: ['functions/**', 'shared/**', 'infra/**'],
    rules: {
      'max-lines': ['error', { max: 250 }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['test/**'], rules: { 'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }] } },
  {
    // Where the environment is handed to the settings, or what the platform and npm say of the process itself is read.
    files: [
      'functions/**',
      'infra/lake/deploy.js',
      'infra/local/**',
      'shared/cli/cliProcess.ts',
      'shared/settings/readSettings.ts',
      'shared/storage/azureBlob/azureIdentity.ts',
      'shared/telemetry/run.ts',
      'test/**',
      '*.config.*',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
)
