//! Tests of the whole pipeline: the programs themselves, run as users run them and killed as machines
//! kill them. There is nothing here but `tests/`.
