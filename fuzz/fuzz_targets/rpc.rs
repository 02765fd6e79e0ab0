#![cfg_attr(fuzzing, no_main)]

checks::target!(checks::rpc::check);
