// Which images an allow list means.
import {expect} from 'chai'
import {isAllowedImage} from '../../src/server/api/service-policy.ts'

const allowed = (pattern: string, ...images: string[]): boolean[] =>
  images.map(image => isAllowedImage([pattern], image))

describe('the allow list of images', () => {
  it('takes an image by each of its spellings', () => {
    const names = ['redis:8', 'docker.io/redis:8', 'library/redis:8', 'index.docker.io/library/redis:8']
    for (const pattern of [...names, 'redis:*', 'docker.io/*'])
      expect(allowed(pattern, ...names), pattern).to.not.include(false)
    expect(allowed('redis', 'redis', 'redis:latest', 'redis:8')).to.deep.equal([true, true, false])
    expect(allowed('ghcr.io/me/*', 'ghcr.io/me/a', 'ghcr.io/me/a:1', 'ghcr.io/me/a/b:1')).to.not.include(
      false,
    )
  })

  it('is not misled by a registry that is named like an image, or an image like a registry', () => {
    expect(allowed('redis:*', 'redis:5000/evil', 'redis:5000/evil:8', 'evil.example/redis:8')).to.not.include(
      true,
    )
    expect(allowed('me/*', 'me:80/x', 'evil.example/me/x', 'localhost/me/x', 'mE/x')).to.not.include(true)
    expect(
      allowed('ghcr.io/me/*', 'ghcr.io.evil.example/me/x', 'ghcrXio/me/x', 'ghcr.io/mee'),
    ).to.not.include(true)
  })

  it('holds a digest to its repository, and takes no id of an image of the machine', () => {
    const digest = `sha256:${'ab'.repeat(32)}`
    expect(allowed('redis:*', `redis:8@${digest}`, `evil@${digest}`, digest, 'abab')).to.deep.equal([
      true,
      false,
      false,
      false,
    ])
    expect(allowed('docker.io/*', 'abababababab', digest)).to.not.include(true)
    expect(allowed('*', 'abababababab', digest, 'evil.example/x')).to.not.include(false)
  })
})
