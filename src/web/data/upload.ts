// Sending an archive, told how far it is.
import {fullPath, type Operation, type Output, type Shape} from '../../core/operation.ts'
import {answered, Failure} from './client.ts'
import {forget, me} from './session.ts'

export interface Upload {
  /** Hears how many bytes have left. */
  onProgress: (sent: number) => void
  signal: AbortSignal
}

/** With XMLHttpRequest: `fetch` does not tell what has left. Throws a Failure. */
export function upload<S extends Shape>(
  operation: Operation<S>,
  archive: Blob,
  {onProgress, signal}: Upload,
): Promise<Output<S>> {
  const {promise, resolve, reject} = Promise.withResolvers<Output<S>>()
  const request = new XMLHttpRequest()
  request.open(operation.method, fullPath(operation))
  request.setRequestHeader('content-type', 'application/x-tar')
  request.setRequestHeader('x-csrf-token', me.value?.proof ?? '')
  request.upload.onprogress = ({loaded}) => onProgress(loaded)
  request.onload = () => {
    if (request.status === 401) forget()
    if (request.status < 300) resolve(JSON.parse(request.responseText) as Output<S>)
    else
      reject(
        new Failure(
          answered(request.status, request.getResponseHeader('content-type'), request.responseText),
        ),
      )
  }
  // So it is too when a file has changed since it was chosen.
  request.onerror = () => reject(new Failure(broken))
  request.onabort = () => reject(new Failure(stopped))
  signal.addEventListener('abort', () => request.abort(), {once: true})
  request.send(archive)
  return promise
}

const broken = {
  code: 'upload-broken',
  title: 'The folder did not arrive',
  detail: 'The connection ended, or a file changed while it was sent.',
  hint: 'choose the folder again, so that it is read anew',
}

const stopped = {
  code: 'upload-stopped',
  title: 'The folder was not sent',
  detail: 'Sending was stopped.',
  hint: 'send it again when you like',
}
