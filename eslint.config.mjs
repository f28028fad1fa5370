import js from '@eslint/js'
import jest from 'eslint-plugin-jest'
import prettier from 'eslint-config-prettier'
import globals from 'globals'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'samples/*/target/',
      '__tests__/e2e/**/target/',
      'coverage/',
      'bench/report/'
    ]
  },
  js.configs.recommended,
  { files: ['**/*.mjs', '**/*.js'], languageOptions: { globals: globals.node } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }]
    }
  },
  {
    files: ['__tests__/**/*.test.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/expect-expect': ['warn', { assertFunctionNames: ['expect', 'expect*'] }],
      // The rules do not recognize these as tests.
      'jest/no-standalone-expect': [
        'error',
        {
          additionalTestBlockFunctions: [
            'labTest',
            'labTest.each',
            'jvmTest',
            'jvmTest.each',
            'engineTest',
            'engineTest.each',
            'grantedTest',
            'afterEach',
            'afterAll'
          ]
        }
      ]
    }
  },
  prettier
)
