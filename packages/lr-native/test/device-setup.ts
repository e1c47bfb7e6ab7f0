import { lookInto } from '../../../test/device-elements.ts';
import { DeviceArray } from '../src/index.ts';

lookInto(DeviceArray as never);
