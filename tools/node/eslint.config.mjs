// The rules for the project's JavaScript: eslint's own recommendations, and no dead or sloppy code.
import { createRequire } from 'node:module';
import babel from '@babel/eslint-parser';
import js from '@eslint/js';
import lwc from '@lwc/eslint-plugin-lwc';
import globals from 'globals';
import ts from 'typescript-eslint';

const decorators = createRequire(import.meta.url).resolve('@babel/plugin-proposal-decorators');

// Lightning components: decorators, a browser, and the mistakes that the platform punishes at run time.
const components = {
  files: ['salesforce/**/lwc/**/*.js'],
  plugins: { '@lwc/lwc': lwc },
  languageOptions: {
    parser: babel,
    parserOptions: {
      requireConfigFile: false,
      babelOptions: { plugins: [[decorators, { version: 'legacy' }]] },
    },
    globals: globals.browser,
  },
  rules: {
    '@lwc/lwc/no-deprecated': 'error',
    '@lwc/lwc/no-document-query': 'error',
    '@lwc/lwc/no-inner-html': 'error',
    '@lwc/lwc/no-leading-uppercase-api-name': 'error',
    '@lwc/lwc/no-leaky-event-listeners': 'error',
    '@lwc/lwc/valid-api': 'error',
    '@lwc/lwc/valid-wire': 'error',
  },
};

// The web console: TypeScript with types known, and what a screen must not do.
const page = {
  files: ['console/src/**/*.ts', 'console/src/**/*.tsx'],
  plugins: { '@typescript-eslint': ts.plugin },
  languageOptions: {
    parser: ts.parser,
    parserOptions: { projectService: true, tsconfigRootDir: new URL('../../console', import.meta.url).pathname },
    globals: globals.browser,
  },
  rules: {
    'no-undef': 'off',
    'no-unused-vars': 'off',
    'no-console': 'error',
    'no-alert': 'error',
    'no-restricted-globals': ['error', { name: 'sessionStorage', message: 'Nothing about people is stored.' }],
    'no-restricted-syntax': [
      'error',
      { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'No markup from data.' },
      { selector: "AssignmentExpression[left.property.name='innerHTML']", message: 'No markup from data.' },
      { selector: "JSXAttribute[name.name='style'] > Literal", message: 'Styles as an object, or rather a class.' },
    ],
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    '@typescript-eslint/no-non-null-assertion': 'error',
    '@typescript-eslint/no-unnecessary-type-assertion': 'error',
    '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
  },
};

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: globals.node },
    rules: {
      eqeqeq: 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'prefer-const': 'error',
      complexity: ['error', 20],
      'max-depth': ['error', 3],
      'max-lines': ['error', 700],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  components,
  page,
  { files: ['tests/console/**/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  {
    files: ['salesforce/**/__tests__/*.js'],
    languageOptions: { globals: { ...globals.browser, ...globals.jest } },
    rules: { 'max-lines-per-function': 'off' },
  },
  // What is handed to the browser stands among what runs in Node.
  { files: ['tests/console/**/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  { files: ['salesforce/jest.config.js'], languageOptions: { sourceType: 'commonjs' } },
  { files: ['salesforce/jest/*.js'], languageOptions: { globals: globals.browser } },
];
