// Whether something can be reached, or a port be had, on this machine: found out by trying.
import {createSocket} from 'node:dgram'
import {connect, createServer} from 'node:net'
import type {Protocol} from '../../core/contract/port.ts'

/** Undefined when a program could listen there now, else why it could not. */
export function portTaken(bind: string, port: number, protocol: Protocol): Promise<string | undefined> {
  return protocol === 'tcp' ? tcpTaken(bind, port) : udpTaken(bind, port)
}

function tcpTaken(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(reasonOf(error, host)))
    server.listen({host, port, exclusive: true}, () => server.close(() => resolve(undefined)))
  })
}

function udpTaken(address: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      resolve(reasonOf(error, address))
    })
    socket.bind({address, port, exclusive: true}, () => socket.close(() => resolve(undefined)))
  })
}

function reasonOf({code, message}: NodeJS.ErrnoException, address: string): string {
  if (code === 'EADDRINUSE') return 'another program of this machine has it'
  if (code === 'EACCES') return 'this user may not bind it'
  if (code === 'EADDRNOTAVAIL') return `this machine has no address ${address}`
  return message
}

/** Whether a TCP connection opens within a second. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host, port, timeout: 1000})
    const end = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
