import { DeviceArray } from '@org/lr-native';
import { lookInto } from './device-elements.ts';

lookInto(DeviceArray);
