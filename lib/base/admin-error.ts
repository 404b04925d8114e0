import { pythonRepr } from './python-text.ts';

/**
 * An error that the caller of the Admin API gets to see: on the wire by the name of its class,
 * which clients match, and a message for the person. Messages are the reference's own; what is
 * echoed in them came from the caller or is the name of a qube.
 */
export abstract class AdminError extends Error {
  abstract readonly wireName: string;
}

/** A request that a correct client would not have sent. */
export class ProtocolError extends AdminError {
  readonly wireName: string = 'ProtocolError';
}
export class QubesInvalidLabelError extends ProtocolError {
  override readonly wireName = 'QubesInvalidLabelError';
}
export class QubesInvalidLabelValueError extends ProtocolError {
  override readonly wireName = 'QubesInvalidLabelValueError';
}
export class QubesInvalidTagError extends ProtocolError {
  override readonly wireName = 'QubesInvalidTagError';
}
export class QubesUnrecognizedDeviceAssignmentMode extends ProtocolError {
  override readonly wireName = 'QubesUnrecognizedDeviceAssignmentMode';
}
export class QubesVolumeCopyTokenNotFoundError extends ProtocolError {
  override readonly wireName = 'QubesVolumeCopyTokenNotFoundError';
}

/** A valid request that this caller may not make. */
export class PermissionDenied extends AdminError {
  readonly wireName: string = 'PermissionDenied';
}

/** A request that cannot be carried out. */
export class QubesException extends AdminError {
  readonly wireName: string = 'QubesException';
}
export class QubesVMNotFoundError extends QubesException {
  override readonly wireName = 'QubesVMNotFoundError';
  static of(name: string): QubesVMNotFoundError {
    return new this(`No such domain: ${pythonRepr(name)}`);
  }
}
export class QubesVMInvalidUUIDError extends QubesException {
  override readonly wireName = 'QubesVMInvalidUUIDError';
}
export class QubesVMAlreadyExistsError extends QubesException {
  override readonly wireName = 'QubesVMAlreadyExistsError';
}
export class QubesVMError extends QubesException {
  override readonly wireName: string = 'QubesVMError';
}
export class QubesVMInUseError extends QubesVMError {
  override readonly wireName = 'QubesVMInUseError';
}
export class QubesVMNotStartedError extends QubesVMError {
  override readonly wireName: string = 'QubesVMNotStartedError';
  static of(name: string): QubesVMNotStartedError {
    return new this(`Domain is powered off: ${pythonRepr(name)}`);
  }
}
export class QubesVMNotRunningError extends QubesVMNotStartedError {
  override readonly wireName = 'QubesVMNotRunningError';
  static override of(name: string): QubesVMNotRunningError {
    return new this(`Domain not running (either powered off or paused): ${pythonRepr(name)}`);
  }
}
export class QubesVMNotPausedError extends QubesVMNotStartedError {
  override readonly wireName = 'QubesVMNotPausedError';
  static override of(name: string): QubesVMNotPausedError {
    return new this(`Domain is not paused: ${pythonRepr(name)}`);
  }
}
export class QubesVMCancelledPauseError extends QubesVMError {
  override readonly wireName = 'QubesVMCancelledPauseError';
}
export class QubesVMNotSuspendedError extends QubesVMError {
  override readonly wireName = 'QubesVMNotSuspendedError';
}
export class QubesVMNotHaltedError extends QubesVMError {
  override readonly wireName = 'QubesVMNotHaltedError';
  static of(name: string): QubesVMNotHaltedError {
    return new this(`Domain is not powered off: ${pythonRepr(name)}`);
  }
}
export class QubesVMShutdownTimeoutError extends QubesVMError {
  override readonly wireName = 'QubesVMShutdownTimeoutError';
}
export class QubesNoTemplateError extends QubesVMError {
  override readonly wireName = 'QubesNoTemplateError';
}
export class QubesMemoryError extends QubesVMError {
  override readonly wireName = 'QubesMemoryError';
}
export class QubesPoolInUseError extends QubesException {
  override readonly wireName = 'QubesPoolInUseError';
}
export class QubesValueError extends QubesException {
  override readonly wireName: string = 'QubesValueError';
}
export class QubesPropertyValueError extends QubesValueError {
  override readonly wireName = 'QubesPropertyValueError';
}
export class QubesNoSuchPropertyError extends QubesException {
  override readonly wireName = 'QubesNoSuchPropertyError';
  static of(holder: string, property: string): QubesNoSuchPropertyError {
    return new this(`Invalid property ${pythonRepr(property)} of ${holder}`);
  }
}
export class QubesNotImplementedError extends QubesException {
  override readonly wireName = 'QubesNotImplementedError';
}
export class QubesBackupProfileNotFoundError extends QubesException {
  override readonly wireName = 'QubesBackupProfileNotFoundError';
}
export class BackupCancelledError extends QubesException {
  override readonly wireName = 'BackupCancelledError';
}
export class BackupCanceledError extends QubesException {
  override readonly wireName = 'BackupCanceledError';
}
export class BackupAlreadyRunningError extends QubesException {
  override readonly wireName = 'BackupAlreadyRunningError';
}
export class QubesFeatureNotFoundError extends QubesException {
  override readonly wireName = 'QubesFeatureNotFoundError';
  static of(qube: string, feature: string): QubesFeatureNotFoundError {
    return new this(`Feature not set for domain ${qube}: ${feature}`);
  }
}
export class QubesTagNotFoundError extends QubesException {
  override readonly wireName = 'QubesTagNotFoundError';
  static of(qube: string, tag: string): QubesTagNotFoundError {
    return new this(`Tag not set for domain ${qube}: ${tag}`);
  }
}
export class QubesLabelNotFoundError extends QubesException {
  override readonly wireName = 'QubesLabelNotFoundError';
  static of(label: string): QubesLabelNotFoundError {
    return new this(`Label does not exist: ${label}`);
  }
}
export class QubesLabelInUseError extends QubesException {
  override readonly wireName = 'QubesLabelInUseError';
}
export class DeviceNotAssigned extends QubesException {
  override readonly wireName = 'DeviceNotAssigned';
}
export class DeviceNotFound extends QubesException {
  override readonly wireName = 'DeviceNotFound';
}
export class DeviceAlreadyAttached extends QubesException {
  override readonly wireName = 'DeviceAlreadyAttached';
}
export class DeviceAlreadyAssigned extends QubesException {
  override readonly wireName = 'DeviceAlreadyAssigned';
}
export class UnrecognizedDevice extends QubesException {
  override readonly wireName = 'UnrecognizedDevice';
}
export class UnexpectedDeviceProperty extends QubesException {
  override readonly wireName = 'UnexpectedDeviceProperty';
}
export class QubesVolumeCopyInUseError extends QubesException {
  override readonly wireName = 'QubesVolumeCopyInUseError';
}
export class StoragePoolException extends QubesException {
  override readonly wireName: string = 'StoragePoolException';
}

/** Every error that can come over the wire, by name. */
const ON_WIRE = [
  ProtocolError,
  QubesInvalidLabelError,
  QubesInvalidLabelValueError,
  QubesInvalidTagError,
  QubesUnrecognizedDeviceAssignmentMode,
  QubesVolumeCopyTokenNotFoundError,
  PermissionDenied,
  QubesException,
  QubesVMNotFoundError,
  QubesVMInvalidUUIDError,
  QubesVMAlreadyExistsError,
  QubesVMError,
  QubesVMInUseError,
  QubesVMNotStartedError,
  QubesVMNotRunningError,
  QubesVMNotPausedError,
  QubesVMCancelledPauseError,
  QubesVMNotSuspendedError,
  QubesVMNotHaltedError,
  QubesVMShutdownTimeoutError,
  QubesNoTemplateError,
  QubesMemoryError,
  QubesPoolInUseError,
  QubesValueError,
  QubesPropertyValueError,
  QubesNoSuchPropertyError,
  QubesNotImplementedError,
  QubesBackupProfileNotFoundError,
  BackupCancelledError,
  BackupCanceledError,
  BackupAlreadyRunningError,
  QubesFeatureNotFoundError,
  QubesTagNotFoundError,
  QubesLabelNotFoundError,
  QubesLabelInUseError,
  DeviceNotAssigned,
  DeviceNotFound,
  DeviceAlreadyAttached,
  DeviceAlreadyAssigned,
  UnrecognizedDevice,
  UnexpectedDeviceProperty,
  QubesVolumeCopyInUseError,
  StoragePoolException,
] as const;

let byName: ReadonlyMap<string, (typeof ON_WIRE)[number]> | undefined;

/** The error that a daemon answered with, of its own class where it is known. */
export function adminErrorFrom(wireName: string, message: string): AdminError {
  byName ??= new Map(ON_WIRE.map((Class) => [new Class('').wireName, Class]));
  return new (byName.get(wireName) ?? QubesException)(message);
}
