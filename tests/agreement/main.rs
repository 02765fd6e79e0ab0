//! The plan against the real client, URI for URI.
//!
//! URIs are made by a grammar and damaged by a byte or two; virsh reads each with
//! its debug log on, in a network namespace where nothing listens, with something
//! else in the place of ssh; and what it did must be what `virt-doctor plan` says.
//!
//! `VIRT_DOCTOR_SEED` repeats a run, `VIRT_DOCTOR_URIS` says how many URIs there
//! are. Needs root, libvirt-clients and iproute2.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod chance;
mod compare;
mod go_clients;
mod grammar;
mod lab;
mod live;
mod log;
mod mutation;
mod pages;
mod planned;
mod recorded;
mod rooms;
mod text;
mod virsh;
mod words;
