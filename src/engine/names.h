/*
 * The engine's own global names begin with zc__, so that a program that is
 * linked with libzcopy.a may use the short ones.  (libzcopy.so hides both.)
 * The compiler includes this file first: see Makefile.am.  The files of system/
 * are compiled twice, with this for the engine and without for the program.
 */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#define block_device_size		zc__block_device_size
#define block_for_direct_io		zc__block_for_direct_io
#define buffer_free			zc__buffer_free
#define buffer_reserve			zc__buffer_reserve
#define cork_fits			zc__cork_fits
#define cork_insert			zc__cork_insert
#define cork_pull			zc__cork_pull
#define end_advance			zc__end_advance
#define end_inspect			zc__end_inspect
#define end_is_readable			zc__end_is_readable
#define end_is_writable			zc__end_is_writable
#define end_offset			zc__end_offset
#define end_overlap			zc__end_overlap
#define end_peek			zc__end_peek
#define end_position			zc__end_position
#define end_read			zc__end_read
#define end_timeout			zc__end_timeout
#define end_waits_by_poll		zc__end_waits_by_poll
#define end_write			zc__end_write
#define end_writev			zc__end_writev
#define filesystem_of			zc__filesystem_of
#define job_begin			zc__job_begin
#define job_confirm			zc__job_confirm
#define job_count			zc__job_count
#define job_data_is_out			zc__job_data_is_out
#define job_doubts_end			zc__job_doubts_end
#define job_finish			zc__job_finish
#define job_known_left			zc__job_known_left
#define job_limit			zc__job_limit
#define job_method			zc__job_method
#define job_motion			zc__job_motion
#define job_motion_method		zc__job_motion_method
#define job_put_back			zc__job_put_back
#define job_report			zc__job_report
#define job_room			zc__job_room
#define job_settle			zc__job_settle
#define job_start			zc__job_start
#define job_step			zc__job_step
#define job_step_eagain			zc__job_step_eagain
#define job_transfer			zc__job_transfer
#define job_turn			zc__job_turn
#define job_write			zc__job_write
#define job_write_pieces		zc__job_write_pieces
#define kind_of				zc__kind_of
#define method_copy_file_range		zc__method_copy_file_range
#define method_get			zc__method_get
#define method_missing			zc__method_missing
#define method_missing_begin		zc__method_missing_begin
#define method_mmap			zc__method_mmap
#define method_read_write		zc__method_read_write
#define method_reflink			zc__method_reflink
#define method_sendfile			zc__method_sendfile
#define method_splice			zc__method_splice
#define nodisk_read			zc__nodisk_read
#define pieces_advance			zc__pieces_advance
#define pieces_set			zc__pieces_set
#define pieces_view			zc__pieces_view
#define pipe_close			zc__pipe_close
#define pipe_grow			zc__pipe_grow
#define pipe_open			zc__pipe_open
#define pipe_spill			zc__pipe_spill
#define tcp_acknowledged		zc__tcp_acknowledged
#define tcp_unacknowledged		zc__tcp_unacknowledged
#define tcp_was_connected		zc__tcp_was_connected
#define window_map			zc__window_map
#define window_unmap			zc__window_unmap

#endif
