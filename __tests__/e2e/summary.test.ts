import { describe, expect } from '@jest/globals'
import { ensureBrowser, showSummary } from '../../lab/browser.js'
import { isRoot } from '../../lab/home.js'
import { progressOnStderr } from '../../lab/progress.js'
import { docker, freshTag, labTest, runAction } from './support/lab.js'

describe('the job summary in a browser', () => {
  labTest('has both diagrams drawn, with the figures of the run', async () => {
    // Only root can install one.
    if (isRoot()) await ensureBrowser(progressOnStderr)
    const tag = freshTag('summary')
    const step = await runAction({ tags: tag, 'verify-runs': '2' })
    docker('image', 'rm', '--force', tag)
    expect(step.exitCode).toBe(0)
    const { document } = await showSummary(step.summary)
    expect(document).not.toMatch(/data-error=|Syntax error/)
    const drawings = document.split('<div class="mermaid"').slice(1)
    expect(drawings).toHaveLength(2)
    for (const drawing of drawings) expect(drawing).toMatch(/^ data-processed="true"[^>]*><svg/)
    const [starts = '', phases = ''] = drawings
    expect(starts).toContain(`restore: ${step.outputs['restore-time']}<`)
    expect(starts).toContain(`cold start: ${step.outputs['cold-start']}<`)
    expect(phases).toMatch(/Build the checkpoint image \([\d.]+ m?s\)/)
    expect(document).toContain(`${step.outputs['speedup']} times`)
  })
})
