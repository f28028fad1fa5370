const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
  // Type errors are `npm run typecheck`'s to find: once, and for every file.
  clearMocks: true
}

export default {
  // For a hung test only: a busy machine makes every test slow.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/__tests__/e2e/']
    },
    {
      ...common,
      displayName: 'e2e',
      // scripts/test.ts provides the world around them.
      testMatch: ['<rootDir>/__tests__/e2e/*.test.ts']
    },
    {
      ...common,
      displayName: 'long',
      // `npm run test:long`
      testMatch: ['<rootDir>/__tests__/e2e/long/*.test.ts', '<rootDir>/__tests__/e2e/resources.test.ts']
    }
  ]
}
