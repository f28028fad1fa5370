/** First line of each page: many readers come from a search. A test checks that the pages that nobody generates have it too. */
export const MANUAL =
  'Part of the manual of [crac-checkpoint](../README.md), a GitHub Action that makes Java applications start from a snapshot.'
