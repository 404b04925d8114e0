// In one file of tests, since they are all about packages that take a minute to build.
import './build.ts';
import './install.ts';
import './stock.ts';
import './services.ts';
import './upgrade.ts';
import './host-unit.ts';
import './debian.ts';
import './debian-conffiles.ts';
import './debian-life.ts';
import './dist.ts';
import './own-system.ts';
