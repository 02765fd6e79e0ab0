#![cfg_attr(fuzzing, no_main)]

checks::target!(checks::libvirt_conf::check);
